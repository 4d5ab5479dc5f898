// `npm test`: every check there is, and a plain line at the end. `npm test -- <path>` runs the tests of that path alone.
import { installMissing, splitTopologies } from './equipment.mjs';
import { check, checksFor } from './test/checks.mjs';
import { runStage } from './test/stage.mjs';
import { stagesFor } from './test/stages.mjs';
import { Tally } from './test/tally.mjs';
import { TestResults } from './test/test-results.mjs';

const paths = process.argv.slice(2);
const results = new TestResults('test-results');
const tally = new Tally();

if (paths.length === 0) await tally.time('apt-get', installMissing);
for (const one of checksFor(paths)) tally.add(await tally.time('checks', () => check(one)));
for (const stage of stagesFor(paths, splitTopologies())) await runStage(stage, tally, results);
if (process.env.CI === 'true' && tally.skipped > 0) {
  console.log(`${tally.skipped} tests were skipped; with CI=true none may be.`);
  tally.add({ failed: 1 });
}
tally.close(results);
process.exitCode = tally.failed === 0 ? 0 : 1;
