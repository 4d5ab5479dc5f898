import { parseArgs } from 'node:util';
import { CannotStart } from '#kernel/base';

/** What `npm start -- …` was told. */
export interface CommandLine {
  readonly topology: string | undefined;
  /** How many instances of a process, by its name. */
  readonly replicas: ReadonlyMap<string, number>;
}

const usage = 'Usage: npm start -- [--topology FILE] [--replicas PROCESS=NUMBER]…';

/** @throws CannotStart */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { topology, replicas } = parsed(args);
  return { topology, replicas: new Map(replicas.map(countOf)) };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { topology: { type: 'string' }, replicas: { type: 'string', multiple: true, default: [] } },
    }).values;
  } catch (error) {
    throw new CannotStart(`${(error as Error).message}\n${usage}`);
  }
}

/** A process and how many of it, as `ordering=3`. @throws CannotStart */
export function countOf(text: string): [string, number] {
  const [, name, count] = /^([a-z][a-z0-9-]*)=([1-9]\d?)$/.exec(text) ?? [];
  if (name === undefined) throw new CannotStart(`--replicas ${text}: say ordering=3, 99 at most.\n${usage}`);
  return [name, Number(count)];
}
