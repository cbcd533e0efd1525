import type { LogLine } from '@tract/report';

/** Lines of a log for a picture of it. */
export type DrawnLines = {
  readonly add: (line: LogLine) => void;
  /** Return what is kept and the latest line. */
  readonly lines: () => LogLine[];
};

/**
 * Keep lines of a log for a picture that is drawn again and again while the log grows: all of them up to `most`, then every second, every fourth and so on,
 * and the one with which a phase begins, so that a run of any length takes the same memory.
 */
export function drawnLines(most = 1000): DrawnLines {
  let kept: LogLine[] = [];
  let latest: LogLine | undefined;
  let [seen, stride] = [0, 1];
  return {
    add: (line) => {
      const isDue = seen++ % stride === 0 || line.phase !== latest?.phase;
      latest = line;
      if (isDue) kept.push(line);
      if (kept.length <= most) return;
      stride *= 2;
      kept = kept.filter(({ phase }, i) => i % 2 === 0 || phase !== kept[i - 1].phase);
    },
    lines: () => (latest && latest !== kept.at(-1) ? [...kept, latest] : [...kept]),
  };
}
