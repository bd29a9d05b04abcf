import type { JSX } from 'preact';
import type { GateView, RolloutView, WaveView } from '../../wire/frame.ts';
import type { ViewProps } from '../app.tsx';
import { Badge } from '../parts/badge.tsx';
import { Empty } from '../parts/empty.tsx';
import { Link } from '../parts/link.tsx';
import { DeviceLink, Foreign } from '../parts/rows.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { WaveBar } from '../parts/wave-bar.tsx';
import { hrefOf } from '../state/address.ts';
import { duration, moment, quantity } from '../state/format.ts';
import { useStore } from '../state/store.ts';

export function RolloutsView({ address }: ViewProps): JSX.Element {
  const store = useStore();
  const rollouts = [...store.rollouts.values()].sort((a, b) => b.startedMs - a.startedMs);
  const wanted = address.path[1];
  const shown = wanted === undefined ? rollouts[0] : rollouts.find(({ id }) => id === wanted);
  const source = store.summary?.rollouts;
  return (
    <>
      <div class="head">
        <h1>Rollouts</h1>
        {source?.state === 'failed' && <span class="ink-bad">▲ {source.words}</span>}
      </div>
      {rollouts.length === 0 ? (
        <Empty
          title={
            source?.state === 'none' ? 'The page was not told where rollouts are kept' : 'No rollout has been started'
          }
          commands={
            source?.state === 'none'
              ? ['npx verge dashboard --broker … --rollouts s3://BUCKET/PREFIX']
              : ['npx verge rollout plan plan.yaml', 'npx verge rollout start plan.yaml']
          }
        >
          <p>
            {source?.state === 'none'
              ? 'Start it with the address that verge rollout writes to:'
              : `Looking at ${source?.words ?? ''}. To start one, type:`}
          </p>
        </Empty>
      ) : (
        <div class="rollouts">
          {rollouts.length > 1 && (
            <nav class="card rollout-list" aria-label="Rollouts">
              {rollouts.map((rollout) => (
                <Link key={rollout.id} to={hrefOf(['rollouts', rollout.id])} current={rollout === shown}>
                  <span class="strong">{rollout.title}</span>
                  <Badge of={rollout.status} />
                  <span class="faint">
                    {rollout.fleet} · {duration(store.nowMs - rollout.startedMs)} ago
                  </span>
                </Link>
              ))}
            </nav>
          )}
          {shown ? <Rollout rollout={shown} nowMs={store.nowMs} /> : <Empty title={`There is no rollout ${wanted}`} />}
        </div>
      )}
    </>
  );
}

function Rollout({ rollout, nowMs }: { readonly rollout: RolloutView; readonly nowMs: number }): JSX.Element {
  const { title, status, fleet, startedMs, updatedMs, reason, waves, journal } = rollout;
  return (
    <div class="rollout">
      <section class="card">
        <div class="head">
          <h2>{title}</h2>
          <Badge of={status} />
        </div>
        <p class="faint">
          Fleet {fleet} · started {moment(startedMs, nowMs)} · last changed {duration(nowMs - updatedMs)} ago
        </p>
        {reason !== '' && (
          <p class="reason">
            <Foreign words={reason} />
          </p>
        )}
        <ol class="waves">
          {waves.map((wave) => (
            <Wave key={wave.name} wave={wave} fleet={fleet} nowMs={nowMs} said={reason} />
          ))}
        </ol>
      </section>
      <section class="card">
        <h2>Journal</h2>
        <Scroll label="Journal, the newest first" tall>
          <ol class="journal" reversed>
            {journal.toReversed().map((entry) => (
              <li key={`${entry.atMs} ${entry.what}`}>
                <time>{moment(entry.atMs, nowMs)}</time>
                <div>
                  <Foreign words={entry.what} />
                  {entry.why !== '' && (
                    <span class="faint">
                      {' '}
                      – <Foreign words={entry.why} />
                    </span>
                  )}
                  <div class="faint">
                    <Foreign words={entry.who} />
                  </div>
                </div>
              </li>
            ))}
          </ol>
        </Scroll>
      </section>
    </div>
  );
}

interface WaveProps {
  readonly wave: WaveView;
  readonly fleet: string;
  readonly nowMs: number;
  /** What stands above, and need not be said again. */
  readonly said: string;
}

function Wave({ wave, fleet, nowMs, said }: WaveProps): JSX.Element {
  const { name, status, devices, gates, troubles, bakeEndsMs, brings, reason } = wave;
  return (
    <li class={`wave wave-${status}`}>
      <div class="head">
        <h3>{name}</h3>
        <Badge of={status} />
        <span class="faint">
          {brings} · {quantity(devices, 'device')}
          {status === 'baking' && bakeEndsMs !== null && bakeEndsMs > nowMs
            ? ` · bakes for ${duration(bakeEndsMs - nowMs)} more`
            : ''}
        </span>
      </div>
      <WaveBar wave={wave} />
      {gates.length > 0 && <Gates gates={gates} wave={name} />}
      {reason !== '' && !said.includes(reason) && (
        <p class="reason">
          <Foreign words={reason} />
        </p>
      )}
      {troubles.length > 0 && (
        <ul class="list">
          {troubles.map(({ thing, state, reason: why }) => (
            <li key={thing}>
              <Badge of={state} /> <DeviceLink fleet={fleet} thing={thing} /> <Foreign words={why} />
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Gates({ gates, wave }: { readonly gates: readonly GateView[]; readonly wave: string }): JSX.Element {
  return (
    <Scroll label={`Gates of ${wave}`}>
      <table>
        <caption class="hidden">Gates of {wave}</caption>
        <thead>
          <tr>
            <th scope="col">Gate</th>
            <th scope="col">Asked</th>
            <th scope="col">Now</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {gates.map((gate) => (
            <tr key={gate.condition}>
              <th scope="row">
                {gate.condition}
                {gate.reportsOnly && <span class="faint"> (reports only)</span>}
              </th>
              <td class="faint">{gate.terms}</td>
              <td>
                <Foreign words={gate.value} />
              </td>
              <td>
                <Badge of={gate.verdict} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
