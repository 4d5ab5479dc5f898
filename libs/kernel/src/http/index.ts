export { Answers, type AnswersOptions } from './answers.js';
export { parseJson, type Upload } from './body-parsers.js';
export { idOr } from './contract.pipe.js';
export { createHttpApp } from './create-http-app.js';
export { edgeErrors, edgeFailure } from './edge-failure.js';
export { HttpModule } from './http.module.js';
export { HttpSettings } from './http-settings.js';
export { openApi } from './openapi.js';
export { Problem } from './problem.js';
