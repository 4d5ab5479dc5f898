import type { ImportedProduct } from './contracts/imported-product.js';

type Written = Pick<ImportedProduct, 'options'> & { variants: readonly { sku: string; options: readonly string[] }[] };

/** Where the options and the variants of a product do not fit each other; each with a JSON pointer (RFC 6901). */
export function optionProblems({ options, variants }: Written): { pointer: string; message: string }[] {
  const problems: { pointer: string; message: string }[] = [];
  const say = (pointer: string, message: string) => problems.push({ pointer, message });
  for (const [index, { name, values }] of options.entries()) {
    if (options.findIndex((option) => option.name === name) < index)
      say(`/options/${index}/name`, `there is an option "${name}" already`);
    if (new Set(values).size < values.length) say(`/options/${index}/values`, 'holds a value twice');
  }
  const combinations = new Set<string>();
  for (const [index, variant] of variants.entries()) {
    const pointer = `/variants/${index}/options`;
    if (variant.options.length !== options.length) {
      say(pointer, `must hold one value for each of the product's options, of which there are ${options.length}`);
      continue;
    }
    for (const [place, value] of variant.options.entries()) {
      const { name, values } = options[place]!;
      if (!values.includes(value)) say(`${pointer}/${place}`, `"${value}" is no value of the option "${name}"`);
    }
    const combination = JSON.stringify(variant.options);
    if (combinations.has(combination)) say(pointer, 'another variant has the same options');
    combinations.add(combination);
  }
  return problems;
}

export function repeatedSkus(variants: Written['variants']): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { sku } of variants) (seen.has(sku) ? repeated : seen).add(sku);
  return [...repeated];
}
