export { type IdleSource, idleSource } from './idle-source.js';
export {
  AskThenCount,
  Break,
  Count,
  CountAndAsk,
  CountAsAdmin,
  Counted,
  CountLater,
  CountMine,
  Forget,
  Heard,
  Outside,
  SinkModule,
  SourceModule,
  Trouble,
} from './trial.js';
