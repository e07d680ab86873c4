import type { Database, Queryable } from '../../db';
import { createDeadRunRepository, type DeadRunRepository } from '../dead-runs';
import { createRunRepository, type RunRepository } from '../runs';
import { createDeadLetterRepository, type DeadLetterRepository } from './dead-letters';
import { createOperatorActionRepository, type OperatorActionRepository } from './operator-actions';
import { createOperatorLimitRepository, type OperatorLimitRepository } from './operator-limits';
import { createPauseRepository, type PauseRepository } from './pauses';
import { createSessionControlRepository, type SessionControlRepository } from './session-control';

/** Everything that operators read and change, over the pool or inside one transaction. */
export interface OperatorRepositories {
  actions: OperatorActionRepository;
  pauses: PauseRepository;
  limits: OperatorLimitRepository;
  sessions: SessionControlRepository;
  runs: RunRepository;
  deadLetters: DeadLetterRepository;
  deadRuns: DeadRunRepository;
}

/** The database under the engine's role. */
export type OperatorSource = Database;

export const operatorRepositories = (db: Queryable): OperatorRepositories => ({
  actions: createOperatorActionRepository(db),
  pauses: createPauseRepository(db),
  limits: createOperatorLimitRepository(db),
  sessions: createSessionControlRepository(db),
  runs: createRunRepository(db),
  deadLetters: createDeadLetterRepository(db),
  deadRuns: createDeadRunRepository(db),
});
