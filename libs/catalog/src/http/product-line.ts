import { checkInput, text } from '#kernel/messages';
import * as z from 'zod';
import { ImportedProduct } from '../contracts/index.js';
import { derivedHandle } from './derived-handle.js';
import { derivedSku } from './derived-sku.js';
import { RowFault, shown } from './row-fault.js';

const { handle, title, description, status, category, vendor, tags, options, variants, images } = ImportedProduct.shape;
const variant = variants.element.shape;
const image = images.element.shape;
const optionName = options.element.shape.name;
const optionValue = variant.options.element;

/**
 * One line of an NDJSON import: a product as the API shows it, in which all may be left out that a shopkeeper need not
 * say. What the API shows besides (`id`, `available`, …) is passed over, so that what was read can be sent back.
 */
export const ProductLine = z
  .object({
    handle: text().optional().describe('Made of the title when it is missing.'),
    title,
    description: description.default(''),
    status: status.default('published'),
    category: category.default(null),
    vendor: vendor.default(null),
    tags: tags.default([]),
    options: z
      .array(z.object({ name: optionName }))
      .max(3)
      .optional()
      .describe('The options in their order; made of the first variant’s when they are missing.'),
    variants: z
      .array(
        z.object({
          sku: variant.sku.nullish().describe('Made of the handle and the option values when it is missing.'),
          options: z
            .union([z.record(optionName, optionValue), z.array(optionValue).max(3)])
            .default([])
            .describe('By name, {"Size": "M"}, or the values in the order of the product’s options.'),
          price: variant.price,
          compareAtPrice: variant.compareAtPrice.default(null),
          barcode: variant.barcode.default(null),
          grams: variant.grams.default(null),
          inventoryQuantity: z
            .int()
            .nullable()
            .transform((pieces) => pieces && Math.max(0, pieces)) // as in a CSV: below zero there is nothing in stock
            .pipe(variant.inventoryQuantity)
            .default(null)
            .describe('The stock that a new variant begins with.'),
          image: variant.image.default(null),
        }),
      )
      .min(1)
      .max(2000),
    images: z
      .array(images.element.extend({ alt: image.alt.default(null), position: image.position.optional() }))
      .max(250)
      .default([]),
  })
  .meta({ id: 'ProductLine' });
type ProductLine = z.output<typeof ProductLine>;

/** The product that a line describes. @throws RowFault with a JSON pointer into the line */
export function productOfLine(value: unknown): ImportedProduct {
  const { data: line, issues } = checkInput(ProductLine, value);
  if (issues) {
    const { path, message } = issues[0]!;
    throw new RowFault('product_invalid', message, pointerTo(path));
  }
  refuseProto(value as z.input<typeof ProductLine>);
  const names = optionNames(line);
  const given = handleOf(line);
  const described = line.variants.map((each, at) => ({ ...each, options: valuesOf(each, names, `/variants/${at}`) }));
  refuseRepeated(described);
  const taken = new Set(described.flatMap(({ sku }) => sku ?? []));
  return {
    ...line,
    handle: given,
    options: names.map((name, at) => ({ name, values: [...new Set(described.map((each) => each.options[at]!))] })),
    variants: described.map((each) => {
      const sku = each.sku ?? derivedSku(given, each.options, taken);
      taken.add(sku);
      return { ...each, sku, title: each.options.join(' / ') || 'Default' };
    }),
    images: line.images
      .map((each, at) => ({ ...each, position: each.position ?? at + 1 }))
      .sort((one, other) => one.position - other.position),
  };
}

function handleOf({ handle: given, title: of }: ProductLine): string {
  const wanted = given?.normalize('NFC').trim().toLowerCase() ?? derivedHandle(of);
  if (wanted === '') throw new RowFault('handle_missing', `No handle can be made of the title ${shown(of)}`, '/handle');
  const parsed = handle.safeParse(wanted);
  if (parsed.success) return parsed.data;
  throw new RowFault('handle_invalid', `The handle ${shown(wanted)}: ${parsed.error.issues[0]?.message}`, '/handle');
}

/** Zod leaves `__proto__` out of a record, and the variant would lose its option without a word. */
function refuseProto({ variants: described }: z.input<typeof ProductLine>): void {
  const at = described.findIndex(({ options: given = [] }) => Object.hasOwn(given, '__proto__'));
  if (at >= 0)
    throw new RowFault('option_name_invalid', 'An option cannot be called "__proto__"', `/variants/${at}/options`);
}

function optionNames({ options: declared, variants: [first] }: ProductLine): string[] {
  const inFirst = Object.keys(first && !Array.isArray(first.options) ? first.options : {});
  const names = declared?.map(({ name }) => name) ?? inFirst;
  if (names.length > 3)
    throw new RowFault('too_many_options', 'A product has at most 3 options', '/variants/0/options');
  const repeated = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (repeated < 0) return names;
  throw new RowFault(
    'option_name_repeated',
    `Two options have the name ${shown(names[repeated]!)}`,
    `/options/${repeated}`,
  );
}

/** A variant's values in the order of the product's options. */
function valuesOf({ options: given }: ProductLine['variants'][number], names: string[], pointer: string): string[] {
  const named = new Map(Object.entries(given));
  const values = Array.isArray(given) ? given : names.flatMap((name) => named.get(name) ?? []);
  if (values.length < names.length)
    throw new RowFault('option_value_missing', `The product has the options ${shownAll(names)}`, `${pointer}/options`);
  if (named.size === names.length) return values;
  throw new RowFault('option_name_differs', `The product has the options ${shownAll(names)}`, `${pointer}/options`);
}

const shownAll = (names: string[]): string => names.map(shown).join(', ') || 'none';

function refuseRepeated(described: readonly { sku?: string | null | undefined; options: string[] }[]): void {
  const skus = new Set<string>();
  const choices = new Set<string>();
  for (const [at, { sku, options: values }] of described.entries()) {
    const choice = JSON.stringify(values);
    if (choices.has(choice))
      throw new RowFault('variant_repeated', 'Another variant has the same options', `/variants/${at}/options`);
    if (typeof sku === 'string' && skus.has(sku))
      throw new RowFault('sku_repeated', `Another variant has the SKU ${shown(sku)}`, `/variants/${at}/sku`);
    choices.add(choice);
    if (typeof sku === 'string') skus.add(sku);
  }
}

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
