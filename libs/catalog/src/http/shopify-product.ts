import { ImportedProduct } from '../contracts/imported-product.js';
import { decimalPrice } from './decimal-price.js';
import { derivedSku } from './derived-sku.js';
import { type Fault, RowFault, shown } from './row-fault.js';
import type { ShopifyRow } from './shopify-columns.js';
import { grams, integer, orNull, productStatus, quantity, unprotected } from './shopify-values.js';

type Variant = ImportedProduct['variants'][number];
type Image = ImportedProduct['images'][number];
type Head = Pick<ImportedProduct, 'title' | 'description' | 'status' | 'category' | 'vendor' | 'tags'>;

const mostVariants = 2000;
const mostImages = 250;
const mostText = 4 * 1024 * 1024;
const optionColumns = [
  ['option1Name', 'option1Value'],
  ['option2Name', 'option2Value'],
  ['option3Name', 'option3Value'],
] as const;
type OptionColumns = (typeof optionColumns)[number];

/**
 * One product, gathered from its consecutive rows. The first row has what is said of the product and its first
 * variant; each further one a variant, an image, or both.
 */
export class ShopifyProduct {
  /** A row was rejected, and the whole product with it. Further rows are still looked at, so that each fault is told. */
  spoiled = false;

  private head: Head | undefined;
  /** Undefined while the first row has not told them. */
  private options: { name: string; columns: OptionColumns }[] | undefined;
  private readonly variants: { line: number; variant: Omit<Variant, 'sku'> & { sku: string | null } }[] = [];
  private readonly images = new Map<string, { line: number; image: Image }>();
  private readonly linesBySku = new Map<string, number>();
  private readonly linesByOptions = new Map<string, number>();
  /** Characters of its variants and images: each may be as long as a row, until the contract is asked at the end. */
  private text = 0;
  private full = false;

  constructor(
    readonly handle: string,
    readonly line: number,
    private readonly currency: string,
  ) {}

  /** Takes the next row. Throws a RowFault when the row is wrong; the product is spoiled then. */
  add(row: ShopifyRow): void {
    try {
      if (row.line === this.line) this.begin(row);
      // Without the option names of a first row that was rejected, nothing true can be said of the rows below it.
      if (this.options === undefined || this.full) return;
      if (row.line !== this.line) row.refuseSurplus();
      this.addImage(row);
      if (row.line === this.line || isVariant(row)) this.addVariant(row, this.options);
    } catch (error) {
      this.spoiled = true;
      throw error;
    }
  }

  /** The product, or the faults that show only when all of it is known: one for each wrong row. */
  finish(): { product: ImportedProduct } | { faults: { line: number; fault: RowFault }[] } {
    if (this.spoiled || this.head === undefined || this.options === undefined) return { faults: [] };
    const images = [...this.images.values()].sort((one, other) => one.image.position - other.image.position);
    const simple = this.isSimple();
    const options = simple ? [] : this.options;
    const parsed = ImportedProduct.safeParse({
      handle: this.handle,
      ...this.head,
      options: options.map(({ name }, at) => ({
        name,
        values: [...new Set(this.variants.map(({ variant }) => variant.options[at] ?? ''))],
      })),
      variants: this.withSkus(simple),
      images: images.map(({ image }) => image),
    });
    if (parsed.success) return { product: parsed.data };

    const faults = new Map<number, RowFault>();
    for (const { path, message } of parsed.error.issues) {
      const [part, at, field] = path;
      // What is wrong with an option's values is told again for the variant that has the value, with its line.
      if (part === 'options' && field === 'values') continue;
      const rows = part === 'variants' ? this.variants : part === 'images' ? images : [];
      const line = rows[Number(at)]?.line ?? this.line;
      const what = faultOf[String(field ?? part)] ?? 'product_invalid';
      if (!faults.has(line)) faults.set(line, new RowFault(what, `${String(field ?? part)}: ${message}`));
    }
    return {
      faults: [...faults].map(([line, fault]) => ({ line, fault })).sort((one, other) => one.line - other.line),
    };
  }

  private begin(row: ShopifyRow): void {
    row.refuseSurplus();
    const options = optionColumns
      .map((columns) => ({ name: row.cell(columns[0]), columns }))
      .filter(({ name, columns }) => name !== '' || row.cell(columns[1]) !== '');
    const nameless = options.find(({ name }) => name === '');
    if (nameless) {
      const value = shown(row.cell(nameless.columns[1]));
      throw new RowFault(
        'option_name_missing',
        `The option value ${value} has no option name in the product's first row`,
      );
    }
    const names = options.map(({ name }) => name.toLowerCase());
    const repeated = options.find(({ name }, at) => names.indexOf(name.toLowerCase()) !== at);
    if (repeated) throw new RowFault('option_name_repeated', `Two options have the name ${shown(repeated.name)}`);
    this.options = options;
    this.head = headOf(row);
  }

  private addVariant(row: ShopifyRow, options: NonNullable<typeof this.options>): void {
    if (this.variants.length >= mostVariants) {
      this.full = true;
      throw new RowFault('too_many_variants', `A product has at most ${mostVariants} variants`);
    }
    const price = row.cell('price');
    if (price === '') throw new RowFault('price_missing', 'The variant has no price');
    const values = optionColumns.flatMap((columns) => {
      const option = options.find((candidate) => candidate.columns === columns);
      return optionValue(row, columns, option?.name) ?? [];
    });
    refuseRepeated(this.linesByOptions, JSON.stringify(values), row.line, 'variant_repeated', () =>
      values.length > 0 ? `The variant ${shown(values.join(' / '))}` : 'The one variant without options',
    );
    const sku = unprotected(row.cell('sku'));
    if (sku !== null) refuseRepeated(this.linesBySku, sku, row.line, 'sku_repeated', () => `The SKU ${shown(sku)}`);

    const barcode = unprotected(row.cell('barcode'));
    const image = orNull(row.cell('variantImage'));
    this.keep(...values, sku, barcode, image);
    const compareAt = row.cell('compareAtPrice');
    const compareAtPrice = compareAt === '' ? null : decimalPrice(compareAt, this.currency, 'compare_at_price');
    this.variants.push({
      line: row.line,
      variant: {
        sku,
        title: values.join(' / '),
        options: values,
        price: decimalPrice(price, this.currency),
        // Shopify writes 0.00 where there is nothing to compare with.
        compareAtPrice: compareAtPrice?.amount === 0 ? null : compareAtPrice,
        barcode,
        grams: grams(row.cell('grams')),
        inventoryQuantity: quantity(row.cell('quantity')),
        image,
      },
    });
  }

  /** An image that the product has already is passed over: hand-made files repeat it for each variant. */
  private addImage(row: ShopifyRow): void {
    const src = row.cell('imageSrc');
    if (src === '' || this.images.has(src)) return;
    if (this.images.size >= mostImages) {
      this.full = true;
      throw new RowFault('too_many_images', `A product has at most ${mostImages} images`);
    }
    const given = integer(row.cell('imagePosition'), 'image_position');
    const position = given ?? Math.max(0, ...[...this.images.values()].map(({ image }) => image.position)) + 1;
    const alt = orNull(row.cell('imageAlt'));
    this.keep(src, alt);
    this.images.set(src, { line: row.line, image: { src, alt, position } });
  }

  private keep(...texts: (string | null)[]): void {
    for (const text of texts) this.text += text?.length ?? 0;
    if (this.text <= mostText) return;
    this.full = true;
    throw new RowFault('product_too_large', 'The variants and images of the product are over 4 MiB of text');
  }

  /** Shopify has no product without an option: it writes one "Title" with the one value "Default Title". */
  private isSimple(): boolean {
    const [option] = this.options ?? [];
    return (
      option === undefined ||
      (this.options?.length === 1 &&
        this.variants.length === 1 &&
        option.name.toLowerCase() === 'title' &&
        this.variants[0]?.variant.title.toLowerCase() === 'default title')
    );
  }

  private withSkus(simple: boolean): Variant[] {
    const taken = new Set(this.linesBySku.keys());
    return this.variants.map(({ variant }) => {
      const options = simple ? [] : variant.options;
      const sku = variant.sku ?? derivedSku(this.handle, options, taken);
      taken.add(sku);
      return { ...variant, sku, options, title: simple ? 'Default' : variant.title };
    });
  }
}

/** What is wrong where a field of the product does not fit its contract. */
const faultOf: Readonly<Record<string, Fault>> = {
  title: 'title_invalid',
  description: 'description_invalid',
  category: 'category_invalid',
  vendor: 'vendor_invalid',
  tags: 'tag_invalid',
  name: 'option_name_invalid',
  options: 'option_invalid',
  sku: 'sku_invalid',
  price: 'price_invalid',
  compareAtPrice: 'compare_at_price_invalid',
  barcode: 'barcode_invalid',
  grams: 'grams_invalid',
  inventoryQuantity: 'quantity_invalid',
  image: 'image_invalid',
  src: 'image_invalid',
  alt: 'image_alt_invalid',
  position: 'image_position_invalid',
};

function headOf(row: ShopifyRow): Head {
  const title = row.cell('title');
  if (title === '') throw new RowFault('title_missing', 'The first row of the product has no title');
  // A blank status means "published". A row cut off before it could be a draft.
  if (row.endsBefore('status')) throw new RowFault('row_cut_off', 'The row ends before its status');
  const category = row.cell('productCategory');
  return {
    title,
    description: row.verbatim('description'),
    status: productStatus(row.cell('status'), row.cell('published')),
    category: category !== '' && category !== 'Uncategorized' ? category : orNull(row.cell('type')),
    vendor: orNull(row.cell('vendor')),
    tags: [
      ...new Set(
        row
          .cell('tags')
          .split(',')
          .map((tag) => tag.trim()),
      ),
    ].filter((tag) => tag !== ''),
  };
}

/** A further row is a variant when it says so, or when it has no image either: then it lacks what a variant needs. */
function isVariant(row: ShopifyRow): boolean {
  const columns = ['option1Value', 'option2Value', 'option3Value', 'sku', 'price'] as const;
  return columns.some((column) => row.cell(column) !== '') || row.cell('imageSrc') === '';
}

function optionValue(
  row: ShopifyRow,
  [nameColumn, valueColumn]: OptionColumns,
  name: string | undefined,
): string | undefined {
  const givenName = row.cell(nameColumn);
  const value = row.cell(valueColumn);
  if (givenName !== '' && givenName.toLowerCase() !== name?.toLowerCase()) {
    throw new RowFault(
      'option_name_differs',
      `The product's first row has no option ${shown(givenName)} in this place`,
    );
  }
  if (name === undefined) {
    if (value === '') return undefined;
    throw new RowFault(
      'option_name_missing',
      `The option value ${shown(value)} has no option name in the product's first row`,
    );
  }
  if (value === '')
    throw new RowFault('option_value_missing', `The variant has no value for the option ${shown(name)}`);
  return value;
}

function refuseRepeated(
  lines: Map<string, number>,
  key: string,
  line: number,
  what: Fault,
  subject: () => string,
): void {
  const earlier = lines.get(key);
  if (earlier !== undefined)
    throw new RowFault(what, `${subject()} stands already on line ${earlier} for this product`);
  lines.set(key, line);
}
