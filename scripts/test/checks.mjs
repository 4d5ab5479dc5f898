import { spawnSync } from 'node:child_process';
import { preparations } from '../equipment.mjs';

const all = [
  ['lint', 'oxlint', ['apps', 'libs', 'migrations', 'scripts']],
  ['format', 'oxfmt', ['--check', 'apps', 'libs', 'migrations', 'scripts']],
  ['boundaries', 'depcruise', ['apps', 'libs', 'migrations', '--config', '.dependency-cruiser.mjs']],
];

/** The checks of `npm test` before the first test, in order. A run of a few paths checks the types and the build alone. */
export const checksFor = (paths) => [
  // The build checks the types of what is shipped and of what tests it.
  ['types', 'tsc', ['--noEmit']],
  ['build', process.execPath, ['scripts/build.mjs']],
  ...(paths.length === 0 ? all : []),
  ...(paths.length === 0 ? preparations().map(([broker, code]) => [broker, process.execPath, ['--eval', code]]) : []),
];

export function check([name, command, args]) {
  console.log(`\n— ${name}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0 ? { passed: 1 } : { failed: 1 };
}
