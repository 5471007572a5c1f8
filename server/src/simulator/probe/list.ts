/** A doubly linked list with O(1) append, removal and moving to the tail: the kernel's list_head. */
export class ListEntry<T> {
  next: ListEntry<T> | null = null;
  previous: ListEntry<T> | null = null;
  list: LinkedList<T> | null = null;
  constructor(readonly value: T) {}
}

export class LinkedList<T> implements Iterable<T> {
  private head: ListEntry<T> | null = null;
  private tail: ListEntry<T> | null = null;
  size = 0;

  get first(): ListEntry<T> | null {
    return this.head;
  }

  /** Appends an entry that is on no list. */
  push(entry: ListEntry<T>): void {
    entry.list = this;
    entry.previous = this.tail;
    entry.next = null;
    if (this.tail === null) this.head = entry;
    else this.tail.next = entry;
    this.tail = entry;
    this.size++;
  }

  remove(entry: ListEntry<T>): void {
    if (entry.list !== this) return;
    if (entry.previous === null) this.head = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === null) this.tail = entry.previous;
    else entry.next.previous = entry.previous;
    entry.list = null;
    entry.next = null;
    entry.previous = null;
    this.size--;
  }

  /** Moves every entry of `other` to the end of this list, in order (list_splice_tail_init). */
  takeAll(other: LinkedList<T>): void {
    const { head, tail, size } = other;
    if (head === null) return;
    for (let entry: ListEntry<T> | null = head; entry !== null; entry = entry.next) entry.list = this;
    head.previous = this.tail;
    if (this.tail === null) this.head = head;
    else this.tail.next = head;
    this.tail = tail;
    this.size += size;
    other.head = null;
    other.tail = null;
    other.size = 0;
  }

  clear(): void {
    for (let entry = this.head; entry !== null; ) {
      const next: ListEntry<T> | null = entry.next;
      this.remove(entry);
      entry = next;
    }
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let entry = this.head; entry !== null; entry = entry.next) yield entry.value;
  }
}
