import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import type { BackupList, Chain } from "../../ipc/bindings";
import { utcMoment } from "../../lib/time";
import { type Choice, choiceAt, momentsOf } from "./moments";
import styles from "./TimeLine.module.css";

const width = 720;
const margin = 44;
const axis = 62;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Steps at which a clock or a calendar is read. */
const steps = [minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day];

/** Round times (UTC) that part the line, at most eight of them. */
function ticks(from: number, to: number): { at: number; name: string }[] {
  const fitting = steps.find((step) => (to - from) / step <= 8);
  const step = fitting ?? Math.ceil((to - from) / day / 8) * day;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step)
    found.push({ at, name: at % day === 0 ? dayName(at) : new Date(at).toISOString().slice(11, 16) });
  return found;
}

function dayName(at: number): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

export interface TimeLineProps {
  list: BackupList;
  chains: readonly Chain[];
  value: Choice | null;
  onChange: (choice: Choice) => void;
}

/**
 * The restorable past: large dots are full backups, small ones incremental, shaded stretches can be restored to the
 * second. The marker can be dragged, or moved with the arrow keys; it only stops where something can be restored.
 */
export function TimeLine({ list, chains, value, onChange }: TimeLineProps) {
  const line = useRef<HTMLDivElement>(null);
  const [isDragging, setDragging] = useState(false);
  const moments = momentsOf(chains);
  const names = new Set(chains.map((chain) => chain.subdirectory));
  const windows = list.windows.filter(({ subdirectory }) => names.has(subdirectory));
  const newest = moments[0];
  const oldest = moments.at(-1);
  if (newest === undefined || oldest === undefined) return null;

  const times = [...moments.map(({ at }) => at), ...windows.map(({ from }) => new Date(from).getTime())];
  const start = Math.min(...times);
  const end = Math.max(...times);
  const span = Math.max(end - start, 3_600_000);
  const from = start - span * 0.02;
  const to = end + span * 0.02;
  const x = (at: number) => margin + ((at - from) / (to - from)) * (width - 2 * margin);
  const chosenAt = value ? new Date(value.time).getTime() : null;

  const pick = (event: PointerEvent) => {
    const box = line.current?.getBoundingClientRect();
    if (!box || box.width === 0) return;
    const at =
      from +
      ((((event.clientX - box.left) / box.width) * width - margin) / (width - 2 * margin)) * (to - from);
    // Dots catch the pointer within a few pixels, so that the exact end of a backup is easy to hit.
    const near = moments.find((moment) => Math.abs(x(moment.at) - x(at)) < 7);
    const choice = near
      ? { subdirectory: near.chain.subdirectory, time: near.time }
      : choiceAt(list, chains, Math.floor(at / 1000) * 1000);
    if (choice) onChange(choice);
  };
  const move = (event: KeyboardEvent) => {
    const stops = [...moments].reverse();
    const index = stops.findIndex((moment) => moment.at >= (chosenAt ?? newest.at));
    const isExact = stops[index]?.at === chosenAt;
    // While nothing is chosen every arrow leads to the newest.
    const before = chosenAt === null ? index : index - 1;
    const next: Record<string, number> = {
      ArrowLeft: before,
      ArrowDown: before,
      ArrowRight: isExact ? index + 1 : index,
      ArrowUp: isExact ? index + 1 : index,
      Home: 0,
      End: stops.length - 1,
    };
    const to = next[event.key];
    const stop = to === undefined ? undefined : stops[Math.max(0, Math.min(stops.length - 1, to))];
    if (!stop) return;
    event.preventDefault();
    onChange({ subdirectory: stop.chain.subdirectory, time: stop.time });
  };

  const mark = chosenAt === null ? null : x(Math.min(to, Math.max(from, chosenAt)));
  const label = value ? utcMoment(new Date(value.time), true) : "";
  const labelWidth = 158;
  const labelAt = mark === null ? 0 : Math.min(width - labelWidth - 4, Math.max(4, mark - labelWidth / 2));
  return (
    <div
      ref={line}
      className={styles.line}
      role="slider"
      tabIndex={0}
      aria-label="Moment to go back to"
      aria-valuemin={Math.floor(start / 1000)}
      aria-valuemax={Math.floor(end / 1000)}
      aria-valuenow={Math.floor((chosenAt ?? end) / 1000)}
      aria-valuetext={label || "none chosen"}
      data-dragging={isDragging || undefined}
      onKeyDown={move}
      onPointerDown={(event) => {
        setDragging(true);
        event.currentTarget.setPointerCapture(event.pointerId);
        pick(event);
      }}
      onPointerMove={(event) => isDragging && pick(event)}
      onPointerUp={() => setDragging(false)}
      onPointerCancel={() => setDragging(false)}
    >
      <svg viewBox={`0 0 ${width} 148`} aria-hidden="true">
        <line className={styles.day} x1={margin} x2={width - margin} y1={122} y2={122} />
        <text className={styles.text} x={width - 4} y={140} textAnchor="end">
          UTC
        </text>
        <text className={styles.text} x={margin} y={18}>
          {dayName(start) === dayName(end) ? dayName(start) : `${dayName(start)} to ${dayName(end)}`}
        </text>
        {ticks(from, to).map(({ at, name }) => (
          <g key={at}>
            <line className={styles.day} x1={x(at)} x2={x(at)} y1={30} y2={122} />
            <text className={styles.text} x={x(at)} y={140} textAnchor="middle">
              {name}
            </text>
          </g>
        ))}
        {windows.map((window) => (
          <rect
            key={`${window.subdirectory} ${window.from}`}
            className={styles.window}
            x={x(new Date(window.from).getTime())}
            width={Math.max(2, x(new Date(window.to).getTime()) - x(new Date(window.from).getTime()))}
            y={axis - 11}
            height={22}
            rx={4}
          />
        ))}
        {chains.map((chain) => {
          const first = chain.layers[0];
          const last = chain.layers.at(-1);
          if (!first || !last) return null;
          return (
            <g key={chain.subdirectory}>
              <line
                className={styles.chain}
                x1={x(new Date(first.endTime).getTime())}
                x2={x(new Date(last.endTime).getTime())}
                y1={axis}
                y2={axis}
              />
              {chain.layers.map((layer) => (
                <circle
                  key={layer.endTime}
                  className={styles.dot}
                  cx={x(new Date(layer.endTime).getTime())}
                  cy={axis}
                  r={layer.kind === "full" ? 7 : 4}
                />
              ))}
            </g>
          );
        })}
        {mark !== null && (
          <g className={styles.marker}>
            <line x1={mark} x2={mark} y1={axis - 18} y2={axis + 26} />
            <circle cx={mark} cy={axis} r={6.5} />
            <rect x={labelAt} y={axis + 24} width={labelWidth} height={21} rx={4} />
            <text x={labelAt + labelWidth / 2} y={axis + 38.5} textAnchor="middle">
              {label}
            </text>
          </g>
        )}
      </svg>
    </div>
  );
}
