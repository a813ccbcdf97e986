import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../shell/theme';
import { formatRate } from './format';

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' });

/** One line of a chart: its name, the name of its colour, and its values. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
  readonly isFilled?: boolean;
}

interface ChartProps {
  /** What it shows, for those who do not see it too. */
  readonly label: string;
  /** Seconds since 1970. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  readonly height?: number;
}

/** Lines over time. It follows the width it is given, and takes its colours from the theme. */
export function Chart({ label, at, lines, height = 150 }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const names = lines.map(({ name }) => name).join();

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const drawn = new uPlot(optionsFor(element, lines, height), dataOf(at, lines), element);
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    const system = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => drawn.redraw();
    system.addEventListener('change', redraw);
    return () => {
      system.removeEventListener('change', redraw);
      observer.disconnect();
      drawn.destroy();
    };
  }, [names]);
  useEffect(() => plot.current?.setData(dataOf(at, lines)), [at, lines]);
  // Paths are kept, their colours are not.
  useEffect(() => plot.current?.redraw(false), [theme.value]);

  return (
    <figure class="chart" aria-label={`${label}: ${summarize(lines)}`}>
      <div ref={box} />
    </figure>
  );
}

function optionsFor(element: HTMLElement, lines: readonly Line[], height: number): uPlot.Options {
  const colour = (name: string) => resolveColour(element, name);
  const axis = {
    stroke: () => colour('--ink-quiet'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 28, 0, 0],
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    legend: { live: true },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      { ...axis, space: 90, size: 28, values: (_plot, times) => times.map((time) => clock.format(time * 1_000)) },
      { ...axis, size: 44, space: 34, values: (_plot, values) => values.map(formatRate) },
    ],
    series: [
      {},
      ...lines.map(({ name, colour: of, isFilled }) => ({
        label: name,
        stroke: () => colour(of),
        width: 1.5,
        points: { show: false },
        value: (plot: uPlot, value: number | null, at: number) => formatRate(value ?? plot.data[at]?.at(-1) ?? 0),
        ...(isFilled === true ? { fill: () => colour(`${of}-soft`) } : {}),
      })),
    ],
  };
}

/** A canvas knows no variables, nor `light-dark()`: an element with the colour does. */
function resolveColour(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function dataOf(at: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  return [[...at], ...lines.map(({ values }) => [...values])];
}

function summarize(lines: readonly Line[]): string {
  return lines.map(({ name, values }) => `${name} ${formatRate(values.at(-1) ?? 0)}`).join(', ');
}
