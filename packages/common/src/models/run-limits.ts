/** Bounds and defaults of the REST contract, sections 2.4.2, 2.5 and 4.3. */
export const runLimits = {
  timeoutSeconds: { min: 1, max: 300, default: 30 },
  maxRows: { min: 1, max: 100_000, default: 10_000 },
} as const;

/** What a cancelled run says. Plain words without quotes: SQL texts contain it as it is. */
export const cancelledMessage = 'The run was cancelled';

/** How often a run may be handed back by a runner that shuts down before it counts as a failure. */
export const maxPreempts = 5;

/** The third runner lost to the same run ends it: it is what kills them. */
export const maxLost = 3;
