// `npm test`: every check there is, and a plain line at the end. `npm test -- <path>` runs the tests of that path alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

// The build checks the types of what is shipped and of what tests it.
check('types', 'tsc', ['--noEmit']);
check('build', process.execPath, ['scripts/build.mjs']);
if (paths.length === 0) {
  check('lint', 'oxlint', ['apps', 'libs', 'migrations', 'scripts']);
  check('format', 'oxfmt', ['--check', 'apps', 'libs', 'migrations', 'scripts']);
  check('boundaries', 'depcruise', ['apps', 'libs', 'migrations', '--config', '.dependency-cruiser.mjs']);
}

console.log('\n— tests');
const dir = mkdtempSync(join(tmpdir(), 'cleave-results-'));
const report = join(dir, 'jest.json');
spawnSync(process.execPath, [...jest, '--json', `--outputFile=${report}`, ...paths], { stdio: 'inherit' });
let skipped = 0;
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  skipped = result.numPendingTests + result.numTodoTests;
} catch {
  failed++; // the runner itself died
}
rmSync(dir, { recursive: true, force: true });
if (process.env.CI === 'true' && skipped > 0) {
  console.log(`${skipped} tests were skipped; with CI=true none may be.`);
  failed++;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
