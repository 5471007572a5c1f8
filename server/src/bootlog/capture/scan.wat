;; Finds words in a log, 16 bytes at a time. `BLESS=1 npx vitest run capture/scan` makes scan-wasm.json of it.
;;
;; Each word is known by a window of four of its bytes. Windows lie in eight buckets; for each of the four places two tables of
;; 16 bytes (by the low and by the high half of a byte) say which buckets can have that byte there: the "Teddy" search of
;; Intel's Hyperscan. What passes is looked up in a table by a hash of the four bytes.
;;
;; Memory: 0 the eight tables; 0x10000 the table of hashes (65536 bytes); 0x20000 the text, 512 KiB, and room to read past it.
(module
  (memory (export "memory") 11 11)

  ;; The first place in [i, end) where a window of the table stands; end when there is none.
  (func (export "next") (param $i i32) (param $end i32) (result i32)
    (local $v v128) (local $r v128) (local $low v128) (local $mask i32) (local $p i32)
    (local $l0 v128) (local $h0 v128) (local $l1 v128) (local $h1 v128)
    (local $l2 v128) (local $h2 v128) (local $l3 v128) (local $h3 v128)
    (local.set $low (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
    (local.set $l0 (v128.load (i32.const 0)))
    (local.set $h0 (v128.load (i32.const 16)))
    (local.set $l1 (v128.load (i32.const 32)))
    (local.set $h1 (v128.load (i32.const 48)))
    (local.set $l2 (v128.load (i32.const 64)))
    (local.set $h2 (v128.load (i32.const 80)))
    (local.set $l3 (v128.load (i32.const 96)))
    (local.set $h3 (v128.load (i32.const 112)))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_u (local.get $i) (local.get $end)))
        (local.set $v (v128.load (local.get $i)))
        (local.set $r
          (v128.and
            (i8x16.swizzle (local.get $l0) (v128.and (local.get $v) (local.get $low)))
            (i8x16.swizzle (local.get $h0) (i8x16.shr_u (local.get $v) (i32.const 4)))))
        (local.set $v (v128.load offset=1 (local.get $i)))
        (local.set $r
          (v128.and (local.get $r)
            (v128.and
              (i8x16.swizzle (local.get $l1) (v128.and (local.get $v) (local.get $low)))
              (i8x16.swizzle (local.get $h1) (i8x16.shr_u (local.get $v) (i32.const 4))))))
        (local.set $v (v128.load offset=2 (local.get $i)))
        (local.set $r
          (v128.and (local.get $r)
            (v128.and
              (i8x16.swizzle (local.get $l2) (v128.and (local.get $v) (local.get $low)))
              (i8x16.swizzle (local.get $h2) (i8x16.shr_u (local.get $v) (i32.const 4))))))
        (local.set $v (v128.load offset=3 (local.get $i)))
        (local.set $r
          (v128.and (local.get $r)
            (v128.and
              (i8x16.swizzle (local.get $l3) (v128.and (local.get $v) (local.get $low)))
              (i8x16.swizzle (local.get $h3) (i8x16.shr_u (local.get $v) (i32.const 4))))))
        (if (v128.any_true (local.get $r))
          (then
            (local.set $mask
              (i8x16.bitmask (i8x16.ne (local.get $r) (v128.const i64x2 0 0))))
            (loop $lanes
              (local.set $p (i32.add (local.get $i) (i32.ctz (local.get $mask))))
              (if (i32.load8_u offset=0x10000
                    (i32.shr_u (i32.mul (i32.load (local.get $p)) (i32.const 0x9e3779b1)) (i32.const 16)))
                (then
                  (return
                    (select (local.get $p) (local.get $end) (i32.lt_u (local.get $p) (local.get $end))))))
              (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
              (br_if $lanes (local.get $mask)))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $blocks)))
    (local.get $end))

  ;; The number of newlines in [i, end).
  (func (export "lines") (param $i i32) (param $end i32) (result i32)
    (local $count i32) (local $newline v128)
    (local.set $newline (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))
    (block $done
      (loop $blocks
        (br_if $done (i32.gt_u (i32.add (local.get $i) (i32.const 16)) (local.get $end)))
        (local.set $count
          (i32.add (local.get $count)
            (i32.popcnt (i8x16.bitmask (i8x16.eq (v128.load (local.get $i)) (local.get $newline))))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $blocks)))
    (block $all
      (loop $rest
        (br_if $all (i32.ge_u (local.get $i) (local.get $end)))
        (local.set $count
          (i32.add (local.get $count) (i32.eq (i32.load8_u (local.get $i)) (i32.const 10))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $rest)))
    (local.get $count))

  ;; 52 bits that stand for the bytes in [i, end).
  (func (export "hash") (param $i i32) (param $end i32) (result f64)
    (local $h i64)
    (local.set $h (i64.extend_i32_u (i32.sub (local.get $end) (local.get $i))))
    (block $done
      (loop $blocks
        (br_if $done (i32.gt_u (i32.add (local.get $i) (i32.const 8)) (local.get $end)))
        (local.set $h
          (i64.mul (i64.xor (local.get $h) (i64.load (local.get $i))) (i64.const 0x9e3779b97f4a7c15)))
        (local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 29))))
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br $blocks)))
    (block $all
      (loop $rest
        (br_if $all (i32.ge_u (local.get $i) (local.get $end)))
        (local.set $h
          (i64.mul (i64.xor (local.get $h) (i64.load8_u (local.get $i))) (i64.const 0xbf58476d1ce4e5b9)))
        (local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 29))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $rest)))
    (f64.convert_i64_u (i64.shr_u (local.get $h) (i64.const 12)))))
