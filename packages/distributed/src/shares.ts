/** Neighbours in a list: the index of the first, and how many. */
export type Share = { readonly first: number; readonly count: number };

/** Part of `total` things that one of `of` takes: neighbours, so that all together take each once and none takes two more than another. */
export function shareOf(total: number, index: number, of: number): Share {
  const first = Math.floor((total * index) / of);
  return { first, count: Math.floor((total * (index + 1)) / of) - first };
}

/** A node of the balanced tree over leaves 0 … n − 1: those from `first` up to `end`. Its children meet in the middle, rounded down. */
export type TreeNode = { readonly first: number; readonly end: number };

/** Nodes of the tree over `leaves` that a share of its leaves fills: as few as possible, from the left. */
export function nodesOfShare(leaves: number, { first, count }: Share): TreeNode[] {
  const end = first + count;
  const inside = (node: TreeNode): TreeNode[] => {
    if (node.end <= first || node.first >= end) return [];
    if (node.first >= first && node.end <= end) return [node];
    const middle = middleOf(node);
    return [...inside({ first: node.first, end: middle }), ...inside({ first: middle, end: node.end })];
  };
  return leaves === 0 ? [] : inside({ first: 0, end: leaves });
}

export const middleOf = ({ first, end }: TreeNode): number => first + Math.floor((end - first) / 2);

/** Nodes of all ranks as a list of (rank, first, end), from the left. */
export const nodesOfRanks = (leaves: number, ranks: number): number[] =>
  Array.from({ length: ranks }, (_, rank) =>
    nodesOfShare(leaves, shareOf(leaves, rank, ranks)).flatMap(({ first, end }) => [rank, first, end]),
  ).flat();

/** A sum in the making: the node of the tree that it is over. */
export type PartialSum<T> = TreeNode & { readonly value: T };

/**
 * Add the next leaf's value to partial sums, and sum what has become whole below the nodes of a share: the sums of both children of a node, left plus right.
 * @returns the partial sums from the left; those of a share whose last leaf has been added are its nodes.
 */
export function withLeaf<T>(
  sums: readonly PartialSum<T>[],
  leaf: PartialSum<T>,
  leaves: number,
  add: (left: T, right: T) => T,
): PartialSum<T>[] {
  const before = sums.at(-1);
  if (before === undefined || !areSiblings(before, leaf, leaves)) return [...sums, leaf];
  return withLeaf(sums.slice(0, -1), { first: before.first, end: leaf.end, value: add(before.value, leaf.value) }, leaves, add);
}

/** True if two nodes are the children of one. */
function areSiblings(left: TreeNode, right: TreeNode, leaves: number): boolean {
  if (left.end !== right.first) return false;
  let node: TreeNode = { first: 0, end: leaves };
  for (;;) {
    if (node.end - node.first <= 1) return false;
    const middle = middleOf(node);
    if (node.first === left.first && node.end === right.end) return middle === left.end;
    node = right.end <= middle ? { first: node.first, end: middle } : { first: middle, end: node.end };
    if (node.first > left.first || node.end < right.end) return false;
  }
}
