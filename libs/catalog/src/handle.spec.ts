import { expect, it } from '@jest/globals';
import { ImportedProduct } from './contracts/imported-product.js';
import { handlesFor } from './handle.js';

const id = '0199f3a2-7c1e-7abc-8def-0123456789ab';

it.each([
  ['Ridge 40 Backpack', 'ridge-40-backpack'],
  ['  Crème brûlée (Größe XL) & Söhne!', 'creme-brulee-große-xl-sohne'],
  ['Носки шерстяные', 'носки-шерстяные'],
  ['羊毛の靴下', '羊毛の靴下'],
  ['ถุงเท้า', 'ถุงเท้า'],
  ['한국 양말', '한국-양말'],
  ['--- 5% off', '5-off'],
  ['👕', 'product'],
  ['!!!', 'product'],
])('%s becomes the handle %s, which an import would take too', (title, handle) => {
  const [best] = handlesFor(title, id);
  expect(best).toBe(handle);
  expect(ImportedProduct.shape.handle.safeParse(best).success).toBe(true);
});

it('offers numbers where a handle is taken, and a piece of the id at last', () => {
  const handles = handlesFor('Mug', id);
  expect(handles.slice(0, 3)).toEqual(['mug', 'mug-2', 'mug-3']);
  expect(handles.at(-1)).toBe('mug-0123456789ab');
});

it('cuts a long title where a letter ends', () => {
  for (const title of ['x'.repeat(255), 'x-'.repeat(127), `${'x'.repeat(239)}𠀀𠀀`, 'ﷺ'.repeat(255)]) {
    for (const handle of handlesFor(title, id)) {
      expect(ImportedProduct.shape.handle.safeParse(handle).success).toBe(true);
      expect(handle.isWellFormed()).toBe(true);
    }
  }
});
