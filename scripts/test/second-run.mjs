import { basename, relative } from 'node:path';
import { runJest } from './run-jest.mjs';

/**
 * Runs a failure of a tagged file once more, alone on the machine and in a fresh process. The output of both runs is kept
 * under test-results/second-runs. Answers whether it passed, which it did not where none of its tests ran.
 */
export async function secondRun(failure, number, settings, results) {
  const { file, names, isWhole, failed, output } = failure;
  const title = isWhole ? 'the whole file' : names.join('; ');
  console.log(`\n— second run: ${title} (${relative('.', file)})`);
  const name = `second-runs/${number}-${basename(file, '.ts')}`;
  const first = results.path(name, 'first.log');
  results.write(first, `${title}\n${file}\n\n${output}`);
  const pattern = `^(?:${names.map(escape).join('|')})$`;
  const args = ['--runTestsByPath', file, '--maxWorkers=1', ...(isWhole ? [] : [`--testNamePattern=${pattern}`])];
  const { code, report } = await runJest(`${name}.second`, args, settings, results);
  const hasPassed = code === 0 && report?.success && report.numPassedTests >= (isWhole ? 1 : failed);
  return { hasPassed: Boolean(hasPassed), title, first, report };
}

/** A regular expression that matches these letters and no others. */
const escape = (name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
