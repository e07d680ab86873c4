import { invalid, LoupeError, notFound } from '@loupe/common/errors';
import type { Actor, ListRequest, Page, Role, User } from '@loupe/common/models';
import type { MemberRepository, Transaction } from '@loupe/common/repositories';

interface OrganizationParts {
  members: MemberRepository;
  transaction: Transaction<{ members: MemberRepository }>;
}

export interface OrganizationService {
  list(actor: Actor, request: ListRequest): Promise<Page<User>>;
  /** Throws `invalid` for the actor's own. */
  setRole(actor: Actor, member: { userId: string; role: Role }): Promise<User>;
  /** Throws `invalid` for the actor's own membership. */
  remove(actor: Actor, userId: string): Promise<void>;
}

/** Whoever changes members is an admin who stays one: so an organization always keeps an admin. */
export function createOrganizationService({ members, transaction }: OrganizationParts): OrganizationService {
  /** Runs `change` while nobody else changes members, for an actor who is still an admin then. */
  const changing = <T>(actor: Actor, change: (repository: MemberRepository) => Promise<T>): Promise<T> =>
    transaction(async (repositories) => {
      await repositories.members.lock(actor);
      const present = await repositories.members.find(actor, actor.userId);
      if (present?.role !== 'admin') throw new LoupeError('forbidden', 'This needs the role admin');
      return change(repositories.members);
    });
  return {
    list: (actor, request) => members.list(actor, request),
    async setRole(actor, member) {
      if (member.userId === actor.userId) throw invalid('You cannot change your own role');
      return changing(actor, async (repository) => {
        await repository.setRole(actor, member);
        return found(await repository.find(actor, member.userId));
      });
    },
    async remove(actor, userId) {
      if (userId === actor.userId) throw invalid('You cannot remove yourself');
      await changing(actor, async (repository) => {
        found(await repository.find(actor, userId));
        await repository.remove(actor, userId);
      });
    },
  };
}

function found(user: User | undefined): User {
  if (user === undefined) throw notFound('User');
  return user;
}
