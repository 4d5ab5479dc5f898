/** Whether a text has more bytes in UTF-8. Most are told without counting: no UTF-16 unit is more than three bytes. */
export const exceeds = (text: string, bytes: number): boolean =>
  text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
