import type { ErrorDeclarations } from '#kernel/messages';

/** Why a file as a whole is refused: nothing of it was imported. */
export const unreadableFile = {
  'catalog.import.file_empty': { status: 422, message: 'The file is empty.' },
  'catalog.import.not_csv': { status: 422, message: 'The file is a workbook or another binary.' },
  'catalog.import.not_utf8': { status: 422, message: 'The file is not UTF-8.' },
  'catalog.import.quotes_unbalanced': { status: 422, message: 'The quotes of the header do not match.' },
  'catalog.import.row_too_long': { status: 422, message: 'The header is over 1 MiB.' },
  'catalog.import.columns_missing': { status: 422, message: 'The header lacks columns that every product needs.' },
  'catalog.import.column_repeated': { status: 422, message: 'A column stands more than once in the header.' },
} as const satisfies ErrorDeclarations;

type What = keyof typeof unreadableFile extends infer Code
  ? Code extends `catalog.import.${infer End}`
    ? End
    : never
  : never;

/** The file as a whole cannot be read: no row of it was looked at. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  readonly code: keyof typeof unreadableFile;

  constructor(what: What, message: string) {
    super(message);
    this.code = `catalog.import.${what}`;
  }
}
