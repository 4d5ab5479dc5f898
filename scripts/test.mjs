// `npm test`: every check there is, and a plain line at the end. `npm test -- <path>` runs the tests of that path alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canRun, hasKafka, installMissing, splitTopologies } from './equipment.mjs';

const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const paths = process.argv.slice(2);
let passed = 0;
let failed = 0;

function check(name, command, args) {
  console.log(`\n— ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) passed++;
  else failed++;
}

if (paths.length === 0) installMissing();
// The build checks the types of what is shipped and of what tests it.
check('types', 'tsc', ['--noEmit']);
check('build', process.execPath, ['scripts/build.mjs']);
if (paths.length === 0) {
  check('lint', 'oxlint', ['apps', 'libs', 'migrations', 'scripts']);
  check('format', 'oxfmt', ['--check', 'apps', 'libs', 'migrations', 'scripts']);
  check('boundaries', 'depcruise', ['apps', 'libs', 'migrations', '--config', '.dependency-cruiser.mjs']);
  // Maven fetches it, once: it is no test's time.
  const kafka =
    "import('./dist/libs/kernel/src/kafka-broker/index.js').then(({ kafkaHome }) => kafkaHome(console.log))";
  if (hasKafka()) check('Kafka', process.execPath, ['--eval', kafka]);
}

let skipped = 0;
function test(name, topologies, args, settings = {}) {
  console.log(`\n— ${name}`);
  const dir = mkdtempSync(join(tmpdir(), 'cleave-results-'));
  const report = join(dir, 'jest.json');
  const env = { ...process.env, CLEAVE_TEST_TOPOLOGIES: topologies, ...settings };
  spawnSync(process.execPath, [...jest, '--json', `--outputFile=${report}`, ...args], { stdio: 'inherit', env });
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed += result.numPassedTests;
    failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    skipped += result.numPendingTests + result.numTodoTests;
  } catch {
    failed++; // the runner itself died
  }
  rmSync(dir, { recursive: true, force: true });
}

// A split shop is up to thirteen processes: one at a time, or two of them keep each other from answering in time.
const acceptance =
  paths.length === 0 ? ['apps/server/test/acceptance'] : paths.filter((path) => path.includes('test/acceptance'));
if (acceptance.length > 0)
  for (const topology of splitTopologies.filter(canRun))
    test(`acceptance of ${topology}`, topology, ['--maxWorkers=1', ...acceptance]);
// No request may fail while it moves: it has the machine for itself, too.
const alone = ['libs/kernel/src/transport/kafka/kafka-calls'];
const moving = canRun('split-redis') && canRun('split-kafka') && paths.length === 0;
if (moving)
  test(
    'the shop moves from topology to topology; calls over Kafka',
    '',
    ['--maxWorkers=1', 'apps/server/test/crash', ...alone],
    {
      CLEAVE_CRASH_TOPOLOGY: 'switch',
    },
  );
// Last, since it says at its end what is left out.
test(
  'tests',
  'monolith,rehearsal',
  moving ? ['--testPathIgnorePatterns', ...alone] : paths,
  moving ? { CLEAVE_CRASH_TOPOLOGY: 'all but switch' } : {},
);
if (process.env.CI === 'true' && skipped > 0) {
  console.log(`${skipped} tests were skipped; with CI=true none may be.`);
  failed++;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
