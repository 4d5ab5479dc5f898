import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const reference = join(import.meta.dirname, '../docs/reference');

describe('the reference of guarantees', () => {
  it('names tests that are there, one at least for each', async () => {
    const page = await readFile(join(reference, 'guarantees.md'), 'utf8');
    const guarantees = page.split('\n').filter((line) => /^\| (?!Guarantee )/.test(line));
    const missing: string[] = [];
    for (const guarantee of guarantees) {
      const tests = [...guarantee.matchAll(/\[[^\]]+\]\(([^)]+)\): _([^_]+)_/g)];
      if (tests.length === 0) missing.push(guarantee);
      for (const [, file, title] of tests) {
        const spec = await readFile(join(reference, file!), 'utf8').catch(() => '');
        if (!['"', "'", '`'].some((quote) => spec.includes(quote + title!))) missing.push(`${file}: ${title}`);
      }
    }
    expect(guarantees.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });
});
