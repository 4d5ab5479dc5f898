import { event, text, Uuid } from '#kernel/messages';
import * as z from 'zod';
import { Sku } from './product.js';

/** A variant that is new to the shop; `startingStock` is null where nobody said how many there are. */
const NewVariant = z.object({ variantId: Uuid, sku: Sku, startingStock: z.int().min(0).nullable() });

export class ProductCreated extends event('catalog.product-created.v1', {
  key: 'productId',
  data: z.object({ productId: Uuid, handle: text(), variants: z.array(NewVariant) }),
}) {}

export class ProductChanged extends event('catalog.product-changed.v1', {
  key: 'productId',
  data: z.object({ productId: Uuid, addedVariants: z.array(NewVariant), removedSkus: z.array(Sku) }),
}) {}
