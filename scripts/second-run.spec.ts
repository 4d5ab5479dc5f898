import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** As `npm test` does with each of its stages. */
const program = `
  const [{ runStage }, { Tally }, { TestResults }] = await Promise.all(
    ['stage', 'tally', 'test-results'].map((name) => import(${JSON.stringify(join(import.meta.dirname, 'test'))} + '/' + name + '.mjs')));
  const [tally, results] = [new Tally(), new TestResults('test-results')];
  await runStage({ name: 'the stage', args: ['spec'], settings: { SETTING: 'of the stage' } }, tally, results);
  tally.close(results);
  process.exitCode = tally.failed === 0 ? 0 : 1;`;

const config = `export default {
  testRegex: '\\\\.spec\\\\.mjs$',
  cacheDirectory: '<rootDir>/cache',
  transform: {},
  maxWorkers: 2, // of several files each runs in a process of its own, which may die
};`;
const head = `
  import { existsSync, writeFileSync } from 'node:fs';
  const isFirst = (name) => !existsSync(name) && (writeFileSync(name, ''), true);`;
const tagged = `/** @tag fault-injection */${head}`;
const oddName = '[1] a+b (c|d) {2}. ^costs$ 3.5 \\ "each" of *?';

/** Each fails in its first run alone. */
const mended = {
  'odd-name.spec.mjs': `${tagged}
    describe.each([['x.y'], ['xzy']])('%s', (name) => {
      it(${JSON.stringify(oddName)}, () => { if (name === 'x.y' && isFirst('odd')) throw new Error('odd at first'); });
      it('runs once', () => expect(isFirst('once-' + name)).toBe(true));
    });
    it.skip('is skipped', () => undefined);`,
  'same-name.spec.mjs': `${tagged}
    it('twice', () => { console.log('said before it failed'); expect(isFirst('same')).toBe(false); });
    it('twice', () => expect(process.env.SETTING).toBe('of the stage'));`,
  'hook.spec.mjs': `${tagged}
    describe('under a hook', () => {
      beforeAll(() => { writeFileSync('hook-ran-in-' + process.pid, ''); if (isFirst('hook')) throw new Error('no broker'); });
      it('one', () => undefined);
      describe('and deeper', () => { it('two', () => undefined); });
    });
    it('runs beside the hook', () => expect(isFirst('beside')).toBe(true));`,
  'after-all.spec.mjs': `${tagged}
    afterAll(() => { if (isFirst('after-all')) throw new Error('did not stop'); });
    it('is tidy', () => undefined);
    it('is tried', () => { if (isFirst('tried')) throw new Error('not yet'); });`,
  'died.spec.mjs': `${tagged}
    it('lives', () => { if (isFirst('died')) process.kill(process.pid, 'SIGKILL'); });`,
};

/** Each is red, whatever a second run would say. */
const red = {
  'twice.spec.mjs': `${tagged}
    it('fails again', () => { throw new Error(isFirst('twice') ? 'the first error' : 'the second error'); });
    it('passes', () => undefined);`,
  'gone.spec.mjs': `${tagged}
    it('has ' + (isFirst('gone') ? 'one' : 'another') + ' name', () => { if (!isFirst('gone')) throw new Error('gone'); });`,
  'untagged.spec.mjs': `// @tag fault-injection, where it is no docblock${head}
    it('fails once', () => { if (isFirst('untagged')) throw new Error('an untagged failure'); });`,
  'whole.spec.mjs': `${tagged}
    throw new Error('cannot be loaded');`,
};

class Run {
  readonly dir = mkdtempSync(join(tmpdir(), 'second-run-'));
  readonly status: number | null;
  readonly said: string;

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries({ 'jest.config.mjs': config, ...files }))
      writeFileSync(join(this.dir, name), text);
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: this.dir,
      env: { PATH: process.env['PATH'], NO_COLOR: '1' },
      encoding: 'utf8',
    });
    [this.status, this.said] = [status, stdout];
  }

  get lastLine(): string | undefined {
    return this.said.trimEnd().split('\n').at(-1);
  }

  get retried(): string[] {
    return this.said.split('\n').filter((line) => line.startsWith('RETRIED'));
  }

  /** The files of test-results that match. */
  kept(pattern: string): string[] {
    return globSync(join('test-results', pattern), { cwd: this.dir }).toSorted();
  }

  /** The output of a first run, as it is kept. */
  first(spec: string): string {
    const [file] = this.kept(`second-runs/*-${spec}.first.log`);
    return readFileSync(join(this.dir, file!), 'utf8');
  }

  remove(): void {
    rmSync(this.dir, { recursive: true });
  }
}

describe('a stage with tests that fail', () => {
  let run: Run;
  beforeAll(() => {
    run = new Run({ ...mended, ...red });
  }, 180_000);
  afterAll(() => run.remove());

  it('counts as passed what passes in its second run, as red what fails twice, is found by no second run or has no tag', () => {
    expect(run.lastLine).toBe('13 passed, 4 failed');
    expect(run.status).toBe(1);
  });

  it('names at its end what needed its second run, whatever is in the names', () => {
    expect(run.retried.toSorted()).toEqual(
      [
        `x.y ${oddName} (odd-name.spec.mjs)`,
        'twice (same-name.spec.mjs)',
        'under a hook one (hook.spec.mjs)',
        'under a hook and deeper two (hook.spec.mjs)',
        'the whole file (after-all.spec.mjs)',
        'the whole file (died.spec.mjs)',
      ]
        .map((name) => `RETRIED: ${name}`)
        .toSorted(),
    );
  });

  it('leaves the output of first runs: the error, where that came from, and the console of the file', () => {
    for (const kept of [run.said.slice(run.said.indexOf('RETRIED')), run.first('odd-name.spec.mjs')])
      expect(kept).toMatch(/Error: odd at first\n +at .*odd-name\.spec\.mjs:\d+:\d+/);
    expect(run.first('same-name.spec.mjs')).toMatch(/console\.log: said before it failed\n +at .*same-name\.spec\.mjs/);
    expect(run.first('hook.spec.mjs')).toContain('Error: no broker');
    expect(run.first('after-all.spec.mjs')).toMatch(/did not stop[^]*not yet|not yet[^]*did not stop/);
    expect(run.first('died.spec.mjs')).toContain('SIGKILL');
  });

  it('leaves both outputs of what failed twice', () => {
    expect(run.first('twice.spec.mjs')).toContain('the first error');
    const [second] = run.kept('second-runs/*-twice.spec.mjs.second.log');
    expect(readFileSync(join(run.dir, second!), 'utf8')).toContain('the second error');
    expect(run.first('whole.spec.mjs')).toContain('cannot be loaded');
  });

  it('runs again each test alone, those under a hook that failed together, a file that failed as a whole', () => {
    expect(globSync('hook-ran-in-*', { cwd: run.dir })).toHaveLength(2);
    expect(run.kept('second-runs/*.second.json')).toHaveLength(8);
  });

  it('runs nothing again without a tag', () => {
    expect(readFileSync(join(run.dir, 'test-results/the-stage.log'), 'utf8')).toContain('an untagged failure');
    expect(run.kept('second-runs/*-untagged*')).toEqual([]);
  });

  it('leaves its report, its output, and a summary with its minutes', () => {
    expect(run.kept('the-stage.*')).toEqual(
      ['files.json', 'json', 'log'].map((end) => `test-results/the-stage.${end}`),
    );
    const summary = readFileSync(join(run.dir, 'test-results/summary.md'), 'utf8');
    expect(summary).toMatch(
      /^RETRIED: [^]*\n\| minutes \| the stage \| second runs \|\n[^]*\n\n13 passed, 4 failed\n$/,
    );
  });
});

describe('a stage', () => {
  it('of one file, whose console Jest does not keep, leaves its output as that of the first run', () => {
    const run = new Run({ 'same-name.spec.mjs': mended['same-name.spec.mjs'] });
    expect(run.lastLine).toBe('2 passed, 0 failed');
    expect(run.status).toBe(0);
    expect(run.first('same-name.spec.mjs')).toContain('said before it failed');
    run.remove();
  }, 60_000);

  it.each([
    ['dies without a report', 'throw new Error("no configuration");'],
    ['fails though its tests pass', config.replace('{', "{ globalSetup: '<rootDir>/setup.mjs',")],
  ])(
    'is red where Jest %s',
    (_, broken) => {
      const run = new Run({
        'jest.config.mjs': broken,
        'setup.mjs': "export default () => process.on('exit', () => { process.exitCode = 3; });",
        'fine.spec.mjs': `${tagged} it('is fine', () => undefined);`,
      });
      expect(run.lastLine).toMatch(/ 1 failed$/);
      expect(run.status).toBe(1);
      expect(run.retried).toEqual([]);
      run.remove();
    },
    60_000,
  );
});
