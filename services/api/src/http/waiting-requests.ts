/** Counts the requests whose answers are held back, so that a server is never full of them. */
export interface WaitingRequests {
  /** Lets one more of the organization wait; what it returns ends that, once. Undefined when as many wait as may. */
  enter(orgId: string): (() => void) | undefined;
}

export interface MostWaiting {
  /** Of all organizations, in this process. */
  inAll: number;
  perOrganization: number;
}

/** @param onChange told how many wait */
export function createWaitingRequests(
  most: MostWaiting,
  onChange: (waiting: number) => void,
): WaitingRequests {
  const ofOrganizations = new Map<string, number>();
  let inAll = 0;

  function count(orgId: string, change: 1 | -1): void {
    const own = (ofOrganizations.get(orgId) ?? 0) + change;
    if (own === 0) ofOrganizations.delete(orgId);
    else ofOrganizations.set(orgId, own);
    inAll += change;
    onChange(inAll);
  }

  return {
    enter(orgId) {
      const own = ofOrganizations.get(orgId) ?? 0;
      if (inAll >= most.inAll || own >= most.perOrganization) return undefined;
      count(orgId, 1);
      let isWaiting = true;
      return () => {
        if (isWaiting) count(orgId, -1);
        isWaiting = false;
      };
    },
  };
}
