export { CatalogModule } from './catalog.module.js';
export { CatalogSettings } from './catalog-settings.js';
