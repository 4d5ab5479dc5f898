import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** Each in a file of its own, of which lint says something or nothing. */
const wrong = {
  'a tag that is not closed': String.raw`text.replaceAll(/<[^>]*>/g, ' ')`,
  'blanks at the end': String.raw`text.replace(/\s+$/, '')`,
  'everything up to the end': String.raw`text.replace(/%.*$/, '')`,
  'two quantifiers that take from each other': String.raw`/^(\S+)[^]*x$/.exec(text)`,
  'a quantifier in a quantifier': String.raw`/^(a+)+$/.test(text)`,
  'a pattern as text': String.raw`new RegExp('a*b', 'u').test(text)`,
  'a pattern that is put together': 'RegExp(`a${text}`).test(text)',
  'a name that is looked up among inherited ones': 'text in {}',
};
const right = {
  'a tag that holds no other one': String.raw`text.replaceAll(/<[^<>]*>/g, ' ')`,
  'blanks after something else': String.raw`text.replace(/(?<!\s)\s+$/, '')`,
  'everything after a sign': String.raw`text.replace(/%.*/s, '')`,
  'an anchored pattern': String.raw`/^[a-z]+(-[a-z]+)*$/.test(text)`,
  'a name that is looked up among own ones': 'Object.hasOwn({}, text)',
};
const fileOf = (name: string): string => `${name.replaceAll(' ', '-')}.ts`;

describe('lint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cleave-lint-'));
  let said: string;

  beforeAll(() => {
    const config = JSON.parse(readFileSync('.oxlintrc.json', 'utf8')) as { jsPlugins: string[] };
    const jsPlugins = config.jsPlugins.map((plugin) => resolve(plugin));
    writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify({ ...config, jsPlugins, options: {} }));
    mkdirSync(join(folder, 'libs'));
    for (const [name, expression] of Object.entries({ ...wrong, ...right }))
      writeFileSync(join(folder, 'libs', fileOf(name)), `export const trial = (text: string) => ${expression};\n`);
    const oxlint = resolve('node_modules/.bin/oxlint');
    said = spawnSync(oxlint, ['--quiet', '--format', 'unix'], { cwd: folder, encoding: 'utf8' }).stdout;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(Object.keys(wrong))('refuses %s', (name) => expect(said).toContain(`/${fileOf(name)}:`));

  it.each(Object.keys(right))('lets %s pass', (name) => expect(said).not.toContain(`/${fileOf(name)}:`));
});
