import { relative } from 'node:path';
import { count, taggedFailures } from './failures.mjs';
import { runJest } from './run-jest.mjs';
import { secondRun } from './second-run.mjs';

/** Runs a stage of tests (stages.mjs); when it is over, what failed in a tagged file, once more. */
export async function runStage({ name, args, settings }, tally, results) {
  console.log(`\n— ${name}`);
  const run = await tally.time(name, () => runJest(name, args, settings, results));
  const { report, code, log } = run;
  if (!report) return void tally.failed++; // the runner itself died
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  tally.add({ passed: report.numPassedTests, skipped: report.numPendingTests + report.numTodoTests });
  // Jest may fail though every test passed, as when it is killed at its end.
  tally.add({ failed: failed === 0 && code !== 0 ? 1 : failed });

  for (const failure of taggedFailures(run)) {
    const second = await tally.time('second runs', () => secondRun(failure, ++tally.secondRuns, settings, results));
    const { hasPassed, title, first } = second;
    console.log(`— second run of ${title}: ${hasPassed ? 'passed' : 'failed again'}`);
    if (!hasPassed) continue;
    tally.add({ failed: -failure.failed, ...gained(failure, second.report) });
    tally.retried.push({ ...failure, title, file: relative('.', failure.file), first, log: relative('.', log) });
  }
}

/** Tests that pass now and did not before. Of a whole file all were run again, its skipped ones too. */
function gained({ isWhole, before, failed }, report) {
  if (!isWhole) return { passed: failed };
  const now = count(report.testResults.flatMap(({ assertionResults }) => assertionResults));
  return { passed: now.passed - before.passed, skipped: now.skipped - before.skipped };
}
