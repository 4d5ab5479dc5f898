/** An honest object has some 20 fields. */
const MOST_FIELDS_OF_ONE = 1_000;
/** An object with a list of 2,000 others, of 15 fields each, sent back as it was read, has some 31,000. */
const MOST_FIELDS = 50_000;
const MOST_LEVELS = 32;

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Whether a text has more fields, or is nested deeper, than any request needs, told before it is parsed: objects of many
 * different keys are slow to make. What is no JSON may be told to have few or many.
 */
export function hasTooManyFields(text: string): boolean {
  const fields: number[] = []; // of each object and array that is open
  let all = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfString(text, at);
    else if (character === OPEN_OBJECT || character === OPEN_ARRAY) {
      if (fields.push(0) > MOST_LEVELS) return true;
    } else if (character === CLOSE_OBJECT || character === CLOSE_ARRAY) fields.pop();
    else if (character === COLON) {
      const ofThis = (fields.pop() ?? 0) + 1;
      fields.push(ofThis);
      if (ofThis > MOST_FIELDS_OF_ONE || ++all > MOST_FIELDS) return true;
    }
  }
  return false;
}

/** Where its closing quote stands. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) break;
    if (character === BACKSLASH) at++;
  }
  return at;
}
