import { isTagged } from './fault-tag.mjs';

/**
 * The failures of a first run that are to be run once more: those of tagged files. A file that failed as a whole is one of them;
 * so are the tests of a `describe` whose hook threw; any other test is one by itself.
 */
export function taggedFailures({ report, files, output }) {
  const failedFiles = report.testResults.filter(({ name, status }) => status === 'failed' && isTagged(name));
  return failedFiles.flatMap(({ name: file, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    // Jest keeps no console of a file that it runs alone: its output is all of it.
    const printed = files[file]?.console ?? (report.testResults.length === 1 ? output : '');
    const failure = (tests, error) => ({
      file,
      names: [...new Set(tests.map(({ fullName }) => fullName))],
      failed: tests.length,
      output: `${error}\n${printed && `\nIts console:\n${printed}\n`}`,
    });
    if (files[file]?.failedAsAWhole) {
      const whole = { isWhole: true, failed: failed.length + 1, before: count(assertionResults) };
      return [{ ...failure(failed, message), ...whole }];
    }
    return causes(failed, assertionResults).map((tests) => failure(tests, tests[0].failureMessages.join('\n')));
  });
}

/** Of tests as Jest reports them. */
export const count = (assertionResults) => {
  const of = (...wanted) => assertionResults.filter(({ status }) => wanted.includes(status)).length;
  return { passed: of('passed'), skipped: of('pending', 'todo', 'skipped', 'disabled') };
};

/** Of each cause its tests. Jest reports the error of a `beforeAll` as that of each test under it, none of which has run. */
function causes(failed, all) {
  const byError = Map.groupBy(failed, ({ failureMessages }) => failureMessages.join('\n'));
  return [...byError.values()].flatMap((tests) => (isAHooks(tests, all) ? [tests] : tests.map((test) => [test])));
}

/** Whether tests that failed by the same error are all that ran of a `describe`, or of the file. */
function isAHooks(tests, all) {
  const [{ ancestorTitles: path }] = tests;
  const differs = path.findIndex((title, depth) => tests.some(({ ancestorTitles }) => ancestorTitles[depth] !== title));
  const block = differs === -1 ? path : path.slice(0, differs);
  const isUnder = ({ ancestorTitles }) => block.every((title, depth) => ancestorTitles[depth] === title);
  return all.filter((test) => isUnder(test) && ['passed', 'failed'].includes(test.status)).length === tests.length;
}
