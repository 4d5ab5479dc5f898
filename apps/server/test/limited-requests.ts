import type { Shop } from './shop.js';

export const tooMany = '429 http.too_many_requests';

/** A log-in that a proxy says comes from this address. */
export const logIn = (shop: Shop, from?: string, body: object = {}) =>
  shop.http
    .post('/api/v1/auth/login')
    .set(from === undefined ? {} : { 'x-forwarded-for': from })
    .send(body);
/** A new cart, as from this address. */
export const newCart = (shop: Shop, from: string, headers = {}) =>
  shop.http
    .post('/api/v1/carts')
    .set({ 'x-forwarded-for': from, ...headers })
    .send();
