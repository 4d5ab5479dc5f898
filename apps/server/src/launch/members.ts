import { resolve } from 'node:path';
import { CannotStart, type Environment } from '#kernel/base';
import type { Topology } from '#kernel/topology';

/** One process to run: of which kind, and which of those. */
export interface Member {
  readonly process: string;
  readonly replica: number;
  /** It serves the API. */
  readonly http: boolean;
}

/** As logs and leases know it, over restarts too. */
export const nameOf = ({ process, replica }: Member): string => `${process}-${replica}`;

/** All that are to run. @throws CannotStart where replicas are asked for of a process that is not there */
export function membersOf({ file, processes }: Topology, replicas: ReadonlyMap<string, number>): Member[] {
  for (const name of replicas.keys())
    if (!processes.has(name))
      throw new CannotStart(
        `--replicas ${name}=…: ${file} has no such process, but ${[...processes.keys()].join(', ')}.`,
      );
  return [...processes].flatMap(([process, { http }]) =>
    Array.from({ length: replicas.get(process) ?? 1 }, (_, index) => ({ process, replica: index + 1, http })),
  );
}

interface Surroundings {
  readonly topology: Topology;
  /** Tells it from a member of its name in a fleet before. */
  readonly generation: number;
  readonly common: Environment;
  /** Where the API is served. */
  readonly port: number;
}

/** A member's environment. The first that serves the API does so on `port`; the others take what is free. */
export function environmentOf(member: Member, { topology, generation, common, port }: Surroundings): Environment {
  const { contexts } = topology.processes.get(member.process)!;
  const isFirst = member.http && member.replica === 1;
  // Empty and not left out, else `.env` would bring them back.
  const databases = Object.keys(common).filter((name) => /(^|_)DATABASE(_REPLICA)?_URL$/.test(name));
  const withoutDatabase = contexts.length > 0 ? {} : Object.fromEntries(databases.map((name) => [name, '']));
  const names = [common['CLEAVE_INSTANCE'], generation > 1 && `g${generation}`, nameOf(member)];
  return {
    ...common,
    ...withoutDatabase,
    CLEAVE_TOPOLOGY: resolve(topology.file!),
    CLEAVE_PROCESS: member.process,
    CLEAVE_INSTANCE: names.filter(Boolean).join('-'),
    PORT: isFirst ? String(port) : '0',
    PAYMENTS_WEBHOOK_URL: common['PAYMENTS_WEBHOOK_URL'] || `http://127.0.0.1:${port}/api/v1/webhooks`,
  };
}
