import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../../../..');
const copied = ['apps', 'libs', 'migrations', 'scripts', 'topologies', 'dist'];
const configuration = ['package.json', 'tsconfig.json', 'jest.config.mjs', '.oxlintrc.json', '.oxfmtrc.json'];

describe('cleave new context', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'cleave-new-context-'));
    for (const path of [...copied, ...configuration])
      cpSync(join(root, path), join(dir, path), { recursive: true, filter: (file) => !/\.(map|cjs)$/.test(file) });
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** Runs Node on the copy. */
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: dir,
      encoding: 'utf8',
      timeout: 120_000,
    });
    return { status, said: stdout + stderr };
  };
  const newContext = (...words: string[]) => run('dist/apps/cli/src/main.js', 'new', 'context', ...words);
  /** Does to the copy what a document tells its reader to do to files; answers how many steps that were. */
  const walk = (document: string): number => {
    const step =
      /^\| (`.+`) \| `(.+)` \| `(.+)` \|$|(?:New, `(.+)`|[Ii]n `([^`]+)`, before `([^`]+)`):\n```ts\n([^]*?)```/gm;
    const steps = [...document.matchAll(step)];
    for (const [, files, old, by, made, changed, before, code] of steps) {
      if (made) writeFileSync(join(dir, made), code!);
      else if (changed) replace(changed, before!, code! + before!);
      else
        for (const [, file] of files!.matchAll(/`([^`]+)`/g))
          replace(file!.startsWith('apps/') ? file! : `libs/reviews/src/${file}`, old!, by!);
    }
    return steps.length;
  };
  const replace = (file: string, old: string, by: string): void => {
    const text = readFileSync(join(dir, file), 'utf8');
    if (!text.includes(old)) throw new Error(`${file} has no ${old}`);
    writeFileSync(
      join(dir, file),
      text.replaceAll(old, () => by),
    );
  };
  const listing = () => readFileSync(join(dir, 'apps/server/src/contexts.ts'), 'utf8');

  it('says what it would make, and makes nothing, where the run is dry', () => {
    const before = listing();
    const { status, said } = newContext('reviews', '--dry-run');
    expect(said).toContain('create libs/reviews/src/reviews.module.ts\n');
    expect(said).toMatch(
      /update apps\/server\/src\/contexts\.ts\n(update topologies\/.*\n)+\nNothing was written\.\n$/,
    );
    expect(status).toBe(0);
    expect(listing()).toBe(before);
  });

  it.each([
    [['cart'], 'There is a libs/cart already.'],
    [['Reviews'], 'write it in kebab-case'],
    [['kernel'], 'means something else already'],
    [['news'], 'choose another name with --aggregate'],
    [['baskets', '--aggregate', 'Cart'], "libs/cart/src/contracts/cart.ts has id: 'Cart' already"],
  ])('refuses %j, and says why', (words, why) => {
    const { status, said } = newContext(...words);
    expect(said).toContain(why);
    expect(said).not.toContain('    at ');
    expect(status).toBe(1);
  });

  it('makes contexts that are right in type, style and form, and pass their tests, also after the walks of CONTRIBUTING.md', () => {
    const before = listing();
    for (const words of [['reviews'], ['trail-maps'], ['club', '--aggregate', 'ClubMember']]) {
      const { status, said } = newContext(...words);
      const topologies = globSync('topologies/*.yaml').toSorted();
      expect(said.match(/^update .*$/gm)).toEqual(
        ['apps/server/src/contexts.ts', ...topologies].map((file) => `update ${file}`),
      );
      expect(status).toBe(0);
    }
    const added = listing()
      .replace(before.slice(0, before.indexOf('};\n')), '')
      .split('};\n')[0];
    expect(added).toBe(
      `  reviews: { core: () => import('#reviews'), edge: () => import('#reviews/http') },
  'trail-maps': { core: () => import('#trail-maps'), edge: () => import('#trail-maps/http') },
  club: { core: () => import('#club'), edge: () => import('#club/http') },
`,
    );
    expect(readFileSync(join(dir, 'topologies/monolith.yaml'), 'utf8')).toContain(', reviews, trail-maps, club]\n');
    expect(readFileSync(join(dir, 'topologies/split-redis.yaml'), 'utf8')).toContain(
      '\n  reviews: { contexts: [reviews] }\n  trail-maps: { contexts: [trail-maps] }\n  club: { contexts: [club] }\n',
    );
    const made = ['reviews', 'trail-maps', 'club'].flatMap((name) => [`libs/${name}`, `migrations/${name}`]);
    const passes = { status: 0, said: expect.any(String) };
    expect(run('node_modules/oxfmt/bin/oxfmt', '--check', 'apps/server/src', ...made)).toEqual(passes);
    const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    expect(contributing.split('\n').length).toBeLessThanOrEqual(121);
    expect(walk(contributing)).toBe(21);
    expect(run('node_modules/oxfmt/bin/oxfmt', ...made)).toEqual(passes);
    const tsc = 'node_modules/@typescript/native/bin/tsc';
    expect(run(tsc, '--noEmit', '--incremental', 'false', '--pretty', 'false')).toEqual({ status: 0, said: '' });
    expect(run('node_modules/oxlint/bin/oxlint', '--quiet', ...made)).toEqual(passes);
    const tests = [...made, 'apps/server/src/contexts.spec.ts'];
    expect(run('--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...tests)).toEqual({
      status: 0,
      said: expect.stringMatching(/^Tests: +18 passed, 18 total$/m),
    });
  }, 300_000);

  it('says what is missing where the list of contexts is not as it should be', () => {
    writeFileSync(join(dir, 'apps/server/src/contexts.ts'), 'export const others = {};\n');
    const { status, said } = newContext('wishes');
    expect(said).toBe('apps/server/src/contexts.ts has no object "contexts" to add the context to.\n');
    expect(status).toBe(1);
  });
});
