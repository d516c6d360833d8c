import collections, hashlib, json, re, sys, zlib

words = collections.Counter(re.findall(r"[a-z]+", open(sys.argv[1]).read()))
print(json.dumps(words.most_common(20)))
digest = b""
for number in range(20000):
    digest = hashlib.sha256(digest + str(number).encode()).digest()
print(digest.hex())


def queens(size, row=0, columns=0, left=0, right=0):
    if row == size:
        return 1
    free = ((1 << size) - 1) & ~(columns | left | right)
    count = 0
    while free:
        bit = free & -free
        free ^= bit
        count += queens(size, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return count


print(queens(8), sum(1 / (number + 1) for number in range(200000)))
print(len(zlib.compress(json.dumps(list(range(50000))).encode(), 9)))
try:
    [].pop()
except IndexError as error:
    print(error)
