import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { contexts, contextNames, cores, edges } from './contexts.js';

describe('the list of contexts', () => {
  it('names every library but the kernel', () => {
    expect(Object.keys(contexts).toSorted()).toEqual(
      readdirSync('libs')
        .filter((name) => name !== 'kernel')
        .toSorted(),
    );
  });

  it('finds the core and the edge of each', async () => {
    const names = async (modules: Promise<{ name: string }[]>) => (await modules).map(({ name }) => name);
    const classes = Object.keys(contexts).map((name) =>
      name.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase()),
    );
    expect(await names(cores(contextNames))).toEqual(classes.map((name) => `${name}Module`));
    expect(await names(edges())).toEqual(classes.map((name) => `${name}HttpModule`));
  });
});
