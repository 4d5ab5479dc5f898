export { GetOffers } from './get-offers.js';
export { GetProduct } from './get-product.js';
export { ImportedProduct } from './imported-product.js';
export { type ImportRejectionCode, importRejections } from './import-rejections.js';
export { ImportProducts } from './import-products.js';
export { ListProducts } from './list-products.js';
export { ProductChanged, ProductCreated } from './product-events.js';
export { Product, Sku } from './product.js';
