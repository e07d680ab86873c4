import type { RunPool } from './run';

/** Who changes something for the whole installation, and why. */
export interface OperatorDeed {
  operator: string;
  reason: string;
}

/** What was changed for the whole installation. */
export interface OperatorAction extends OperatorDeed {
  id: string;
  /** `pool.pause`, `organization.limits` … */
  action: string;
  target: Record<string, unknown>;
  createdAt: Date;
}

/** Nothing of a paused pool or datasource is admitted. */
export interface Pause {
  scope: 'pool' | 'datasource';
  /** The pool's name or the datasource's id. */
  key: string;
  reason: string;
  pausedBy: string;
  pausedAt: Date;
}

/** A runner process, as an operator sees it. */
export interface RunnerSessionView {
  id: string;
  runnerId: string;
  pools: RunPool[];
  slots: number;
  draining: boolean;
  /** Runs that it executes. */
  running: number;
  startedAt: Date;
  expiresAt: Date;
  /** Its lease ran out: a reaper will close it, and its runs start again elsewhere. */
  expired: boolean;
}

/** A limit that differs from the default, and who set it. */
export interface LimitSetting {
  scope: 'global' | 'organization' | 'datasource' | 'user';
  /** The organization that it holds in; null for the whole installation. */
  orgId: string | null;
  key: string | null;
  maxRunning: number | null;
  weight: number | null;
  maxQueued: number | null;
  reason: string | null;
  setBy: string;
  updatedAt: Date;
}
