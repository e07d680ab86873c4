const visualizations = 'services/api/src/features/visualizations/visualizations.api.test.ts';
const dashboards = 'services/api/src/features/dashboards/dashboards.api.test.ts';
const tiles = 'services/api/src/features/dashboards/tiles.api.test.ts';
const canvases = 'services/api/src/features/canvases/canvases.api.test.ts';
const parts = 'services/api/src/features/canvases/nodes-and-edges.api.test.ts';

export const sections = [
  {
    id: '2.7',
    title: 'Visualizations',
    rows: {
      'visualization object': { file: visualizations, test: 'fills in the defaults' },
      query_id: 'suite',
      name: 'suite',
      chart_type: 'suite',
      config: 'suite',
      'config is returned unchanged': {
        file: visualizations,
        test: 'returns the config unchanged, the order of its members included',
      },
      tags: 'suite',
      'delete takes its tiles along': {
        file: tiles,
        test: 'takes it along when its %s is deleted, in the very next read',
      },
      'another organization’s visualization': 'suite',
    },
  },
  {
    id: '2.8',
    title: 'Dashboards and tiles',
    rows: {
      'dashboard object': 'suite',
      'tile object': { file: tiles, test: 'fills in the defaults, and shows in the very next read' },
      'tiles are embedded, by pos_y and pos_x': {
        file: dashboards,
        test: 'answers with its tiles from top to bottom, then from left to right',
      },
      'POST answers with empty tiles': {
        file: dashboards,
        test: 'fills in the defaults, and has no tiles yet',
      },
      'PUT answers with the tiles': {
        file: dashboards,
        test: 'keeps absent fields and the tiles, and clears a description that is null',
      },
      'dashboard name': 'suite',
      'dashboard description': 'suite',
      'dashboard parameters': 'suite',
      'dashboard tags': 'suite',
      'another organization’s dashboard': 'suite',
      'GET /dashboards/{id}/tiles': { file: tiles, test: 'is a bare array, in order' },
      'tile visualization_id': 'suite',
      'tile title': 'suite',
      'tile pos_x': 'suite',
      'tile pos_y': 'suite',
      'tile width': 'suite',
      'tile height': 'suite',
      'tile parameter_bindings': 'suite',
      'PUT of a tile keeps its visualization': {
        file: tiles,
        test: 'keeps absent fields and the visualization, and clears a title that is null',
      },
      'several PUTs one after the other': {
        file: tiles,
        test: 'loses neither of two changes at once, of one tile or of several',
      },
      'a change shows in the next GET': {
        file: tiles,
        test: 'fills in the defaults, and shows in the very next read',
      },
      'a delete of what a tile shows, too': {
        file: tiles,
        test: 'takes it along when its %s is deleted, in the very next read',
      },
      'tiles may overlap': 'suite',
    },
  },
  {
    id: '2.9',
    title: 'Canvases',
    rows: {
      'canvas object': { file: canvases, test: 'fills in the defaults' },
      'node object': { file: parts, test: 'fills in the defaults' },
      'edge object': { file: parts, test: 'connects two nodes once in each direction' },
      'nodes and edges are embedded, oldest first': 'suite',
      'GET /canvases, GET /canvases/{id}': { row: '2.9/nodes and edges are embedded, oldest first' },
      'POST /canvases': { row: '2.9/canvas name' },
      'PUT /canvases/{id}': { file: canvases, test: 'keeps absent fields and nulls' },
      'DELETE /canvases/{id}': { file: canvases, test: 'hides it and what is on it' },
      'POST /canvases/{id}/nodes': { row: '2.9/node_type' },
      'PUT /canvases/{id}/nodes/{node_id}': {
        file: parts,
        test: 'keeps absent fields, nulls and the type, and replaces meta as a whole',
      },
      'DELETE /canvases/{id}/nodes/{node_id}': {
        file: parts,
        test: 'takes its edges along, whichever end it is',
      },
      'POST /canvases/{id}/edges': { row: '2.9/edge label' },
      'POST /canvases/{id}/edges with a node of another canvas': {
        file: parts,
        test: 'refuses unknown nodes, and those of another canvas',
      },
      'PUT /canvases/{id}/edges/{edge_id}': { file: parts, test: 'change the label alone' },
      'DELETE /canvases/{id}/edges/{edge_id}': {
        file: parts,
        test: 'refuse bad input, viewers, unknown ids, and requests without a token',
      },
      'writes are for editors': 'suite',
      'canvas name': 'suite',
      'canvas tags': 'suite',
      time_preset: 'suite',
      time_offset: 'suite',
      'time_custom_start, time_custom_end': 'suite',
      live: 'suite',
      node_type: 'suite',
      'node title': 'suite',
      'node pos_x, pos_y': 'suite',
      'node width, height': 'suite',
      'node meta': 'suite',
      'edge from_node_id, to_node_id': 'suite',
      'edge label': 'suite',
      'another organization’s canvas': { row: '2.9/writes are for editors' },
    },
  },
];
