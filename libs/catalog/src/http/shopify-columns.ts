import { type CsvRow, decodeUtf8 } from './csv-rows.js';
import { RowFault, shown } from './row-fault.js';
import { UnreadableFile } from './unreadable-file.js';

/** The names that Shopify has given to each column over the years, the ones to prefer first. Letter case is ignored. */
const aliases = {
  handle: ['Handle', 'URL handle'],
  title: ['Title'],
  description: ['Body (HTML)', 'Description', 'Body HTML'],
  vendor: ['Vendor'],
  productCategory: ['Product Category', 'Standardized Product Type', 'Standard Product Type'],
  type: ['Type', 'Custom Product Type', 'Product Type'],
  tags: ['Tags'],
  published: ['Published', 'Published on online store'],
  status: ['Status'],
  option1Name: ['Option1 Name'],
  option1Value: ['Option1 Value'],
  option2Name: ['Option2 Name'],
  option2Value: ['Option2 Value'],
  option3Name: ['Option3 Name'],
  option3Value: ['Option3 Value'],
  sku: ['Variant SKU', 'SKU'],
  barcode: ['Variant Barcode', 'Barcode', 'Barcodes'],
  price: ['Variant Price', 'Price'],
  compareAtPrice: ['Variant Compare At Price', 'Compare-at price', 'Compare at price'],
  grams: ['Variant Grams', 'Weight value (grams)'],
  quantity: ['Variant Inventory Qty', 'Inventory quantity'],
  imageSrc: ['Image Src', 'Product image URL'],
  imagePosition: ['Image Position'],
  imageAlt: ['Image Alt Text'],
  variantImage: ['Variant Image', 'Variant image URL'],
} as const;

export type ShopifyColumn = keyof typeof aliases;

const required = ['handle', 'title', 'price'] as const satisfies readonly ShopifyColumn[];

/** One row, read by what its cells mean. */
export interface ShopifyRow {
  readonly line: number;
  /** Trimmed, and '' where the file or the row has no such cell. Throws a RowFault when the bytes are not UTF-8. */
  cell(column: ShopifyColumn): string;
  /** As `cell`, with the blanks around it. */
  verbatim(column: ShopifyColumn): string;
  /** The row ends before this column, which its file has. */
  endsBefore(column: ShopifyColumn): boolean;
  /** Throws a RowFault when the row holds more than its header announces, or a fourth option. */
  refuseSurplus(): void;
}

/**
 * Reads the header. Columns come in any order; those that mean nothing here (metafields, Google Shopping, prices per
 * market) are passed over. Throws UnreadableFile when one is missing that no product can do without, or stands twice.
 */
export function shopifyColumns(header: CsvRow): (row: CsvRow) => ShopifyRow {
  const names = header.cells.map(columnName);
  const positions = new Map<ShopifyColumn, number>();
  for (const [column, columnAliases] of Object.entries(aliases)) {
    const known = columnAliases.map(normalized).find((alias) => names.includes(alias));
    if (known === undefined) continue;
    if (names.indexOf(known) !== names.lastIndexOf(known)) {
      throw new UnreadableFile('column_repeated', `The column ${shown(known)} stands more than once in the header`);
    }
    positions.set(column as ShopifyColumn, names.indexOf(known));
  }
  const missing = required.filter((column) => !positions.has(column));
  if (missing.length > 0) throw new UnreadableFile('columns_missing', columnsMissing(missing, header));

  const furtherOptions = [...names.keys()].filter((at) =>
    /^option(?:[4-9]|\d\d+) (?:name|value)$/.test(names[at] ?? ''),
  );
  return ({ line, cells }) => {
    const verbatim = (column: ShopifyColumn): string => {
      const position = positions.get(column);
      const value = decodeUtf8(position === undefined ? '' : (cells[position] ?? ''));
      if (value === undefined) {
        throw new RowFault(
          'not_utf8',
          `The bytes of ${aliases[column][0]} are not UTF-8: save the file as "CSV UTF-8"`,
        );
      }
      return value;
    };
    return {
      line,
      verbatim,
      cell: (column) => verbatim(column).trim(),
      endsBefore: (column) => cells.length <= (positions.get(column) ?? -1),
      refuseSurplus: () => {
        if (cells.slice(names.length).some((cell) => cell.trim() !== '')) {
          throw new RowFault(
            'too_many_values',
            `The row has ${cells.length} values for ${names.length} columns: a value with a comma must stand in quotes`,
          );
        }
        if (furtherOptions.some((at) => cells[at]?.trim())) {
          throw new RowFault('too_many_options', 'A product has at most 3 options');
        }
      },
    };
  };
}

function columnName(cell: string): string {
  const name = decodeUtf8(cell);
  if (name === undefined) throw new UnreadableFile('not_utf8', 'The header is not UTF-8: save the file as "CSV UTF-8"');
  if (name.includes('\0')) throw new UnreadableFile('not_csv', 'This is a binary file and not CSV');
  return normalized(name);
}

const normalized = (name: string): string => name.trim().replace(/\s+/g, ' ').toLowerCase();

function columnsMissing(missing: readonly ShopifyColumn[], { cells }: CsvRow): string {
  const wanted = missing.map((column) => aliases[column].map((name) => `"${name}"`).join(' or '));
  const found = cells.slice(0, 60).map((cell) => shown((decodeUtf8(cell) ?? '').trim()));
  const separator = cells.length === 1 ? /[;\t|]/.exec(cells[0] ?? '')?.[0] : undefined;
  return [
    `Columns are missing: ${wanted.join('; ')}. Found: ${found.join(', ')}${cells.length > 60 ? ', …' : ''}.`,
    ...(separator ? [`The values seem to be separated by ${shown(separator)}: they must be by commas.`] : []),
  ].join(' ');
}
