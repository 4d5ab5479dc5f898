import { spawnSync } from 'node:child_process';
import { hasKafka } from '../equipment.mjs';

const all = [
  ['lint', 'oxlint', ['apps', 'libs', 'migrations', 'scripts']],
  ['format', 'oxfmt', ['--check', 'apps', 'libs', 'migrations', 'scripts']],
  ['boundaries', 'depcruise', ['apps', 'libs', 'migrations', '--config', '.dependency-cruiser.mjs']],
];
/** Maven fetches it, once: it is no test's time. */
const kafka = "import('./dist/libs/kernel/src/kafka-broker/index.js').then(({ kafkaHome }) => kafkaHome(console.log))";

/** The checks of `npm test` before the first test, in order. A run of a few paths checks the types and the build alone. */
export const checksFor = (paths) => [
  // The build checks the types of what is shipped and of what tests it.
  ['types', 'tsc', ['--noEmit']],
  ['build', process.execPath, ['scripts/build.mjs']],
  ...(paths.length === 0 ? all : []),
  ...(paths.length === 0 && hasKafka() ? [['Kafka', process.execPath, ['--eval', kafka]]] : []),
];

export function check([name, command, args]) {
  console.log(`\n— ${name}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0 ? { passed: 1 } : { failed: 1 };
}
