/** Names that mean something else already: to us, to PostgreSQL as a schema or table, or to the code that is made. */
const reserved = new Set(
  `kernel edge http every internal operations public information-schema
  all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current-user default deferrable desc distinct do else end except false fetch for
  foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left
  like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
  references returning right select session-user similar some symmetric system-user table tablesample then to trailing true
  union unique user using variadic verbose when where window with
  break catch class const continue debugger delete enum export extends finally function if import instanceof new return
  super switch this throw try typeof var void while yield let static implements interface package private protected
  aggregate clock database id ids instant message owner principal query-bus command-bus repository sql title uuid`.split(
    /\s+/,
  ),
);

/** A name that cannot be used; told as it is, without a stack. */
export class NameRefused extends Error {}

/** What the templates need to know: every form of the names. */
export type Names = ReturnType<typeof namesOf>;

/**
 * Derives every name from that of the context, `gift-cards`, and of its aggregate, `GiftCard`: the singular of the
 * context's unless given. @throws NameRefused
 */
export function namesOf(context: string, aggregate = pascal(singular(context))) {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(context))
    throw new NameRefused(`"${context}" is no name for a context: write it in kebab-case, as reviews or gift-cards.`);
  if (reserved.has(context) || context.startsWith('pg-'))
    throw new NameRefused(`"${context}" means something else already: choose another name.`);
  if (!/^([A-Z][a-z0-9]*)+$/.test(aggregate))
    throw new NameRefused(`"${aggregate}" is no name for an aggregate: write it as a class, as Review or GiftCard.`);
  const file = kebab(aggregate);
  if (reserved.has(file))
    throw new NameRefused(`An aggregate cannot be called ${aggregate}: choose another name with --aggregate.`);
  const files = plural(file);
  const word = file.replaceAll('-', ' ');
  const a = /^[aeio]|^u(?!ni|s[aeiu])/.test(word) ? 'an' : 'a';
  return {
    context,
    Context: pascal(context),
    title: capital(context.replaceAll('-', ' ')),
    file,
    files,
    Aggregate: aggregate,
    Aggregates: pascal(files),
    variable: camel(file),
    variables: camel(files),
    table: file.replaceAll('-', '_'),
    word,
    words: files.replaceAll('-', ' '),
    Words: capital(files.replaceAll('-', ' ')),
    a,
    A: capital(a),
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const pascal = (name: string): string => name.split('-').map(capital).join('');
const kebab = (name: string): string => name.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase();

function camel(name: string): string {
  const text = pascal(name);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** `categories` → `category`, `boxes` → `box`, `reviews` → `review`. English knows more: hence `--aggregate`. */
function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  if (/(ss|x|z|ch|sh)es$/.test(name)) return name.slice(0, -2);
  return /[^sui]s$/.test(name) ? name.slice(0, -1) : name;
}

function plural(name: string): string {
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}
