import { openCallerLane } from './caller-lane.ts';
import { Engine, type EngineOptions } from './engine.ts';

/**
 * The engine without a thread of its own: quicker to start, smaller, and without the way between two threads, but the
 * caller's event loop stands still while texts run. For batch jobs; a runtime with links to serve wants `createEngine`.
 * @throws VergeError ENGINE_LOAD_FAILED
 */
export function createBlockingEngine(options: Omit<EngineOptions, 'workerUrl'>): Engine {
  const { queueLimit, ...settings } = options;
  return new Engine(openCallerLane(settings), queueLimit);
}
