import type { ConnectorDescriptor } from './descriptor';
import { postgresConnector } from './postgres';

const connectors = new Map<string, ConnectorDescriptor>([[postgresConnector.type, postgresConnector]]);

/** Values that a datasource's `ds_type` can have. */
export const connectorTypes: readonly string[] = [...connectors.keys()];

/** The descriptor of a connector, or undefined for an unknown type. */
export const findConnector = (type: string): ConnectorDescriptor | undefined => connectors.get(type);
