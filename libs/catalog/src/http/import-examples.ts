/** What a file of each kind looks like. */
export const importExamples = {
  'text/csv': `Handle,Title,Body (HTML),Vendor,Product Category,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Image Src
wool-cap,Wool Cap,<p>Warm.</p>,Nordhal,Clothing > Hats,"wool, winter",true,Size,M,CAP-M,120,10,29.90,https://images.example.com/cap.jpg
wool-cap,,,,,,,,L,CAP-L,130,4,29.90,
`,
  'application/x-ndjson': `{"handle":"wool-cap","title":"Wool Cap","description":"<p>Warm.</p>","vendor":"Nordhal","category":"Clothing > Hats","tags":["wool","winter"],"variants":[{"sku":"CAP-M","options":{"Size":"M"},"price":{"amount":2990,"currency":"EUR"},"grams":120,"inventoryQuantity":10},{"sku":"CAP-L","options":{"Size":"L"},"price":{"amount":2990,"currency":"EUR"}}],"images":[{"src":"https://images.example.com/cap.jpg"}]}
{"title":"Alpine Mug","variants":[{"price":{"amount":1250,"currency":"EUR"},"inventoryQuantity":40}]}
`,
} as const;

export const importDescription = `Shopify’s product CSV as it is exported, or JSON, one product a line (NDJSON): a product as the API shows it, of which
\`title\` and each variant’s \`price\` must be there. The stock that a new variant begins with is its \`inventoryQuantity\`.

Products are brought in batches, as they arrive. A wrong product is rejected, with its line, and the rest goes on. When the
request breaks off, what was imported until then stays; send the file again, and only what is missing or differs is changed.`;
