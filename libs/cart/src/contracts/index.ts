export { Cart, CreateCart, GetCart, GetCartForCheckout, RemoveCartItem, SetCartItem } from './cart.js';
