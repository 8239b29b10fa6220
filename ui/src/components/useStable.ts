import { useLayoutEffect, useRef, useState } from "react";

/** A function that stays the same from drawing to drawing and does what the newest one does: for memoised parts. */
export function useStable<Arguments extends unknown[], Answer>(
  does: (...given: Arguments) => Answer,
): (...given: Arguments) => Answer {
  const newest = useRef(does);
  useLayoutEffect(() => {
    newest.current = does;
  });
  const [stable] = useState(
    () =>
      (...given: Arguments) =>
        newest.current(...given),
  );
  return stable;
}
