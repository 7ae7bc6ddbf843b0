"""What ClickHouse's own clients speak over HTTP: compressed blocks (compress=1, decompress=1), and the Native format as a
revision of the protocol has it (client_protocol_version). For tests/clickhouse/engine; the standard library alone."""

import struct

WORD = (1 << 64) - 1
LZ4 = 0x82
STORED = 0x02
WITH_SERIALIZATION = 54454  # from here on a column says of itself whether it is written in another way
WITH_BUCKETS = 54480  # from here on a block begins with more than is written here
SIZES = {"UInt8": 1, "Int8": 1, "Bool": 1, "UInt16": 2, "Int16": 2, "Date": 2, "UInt32": 4, "Int32": 4, "Float32": 4,
         "DateTime": 4, "UInt64": 8, "Int64": 8, "Float64": 8}


# --- CityHash128 of version 1.0.2, the checksum of a compressed block ----------------------------------------------------

K0, K1, K2, K3 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F, 0xC949D7C7509E6557


def word(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def rotated(value, by):
    value &= WORD
    return (value >> by | value << 64 - by) & WORD if by else value


def mixed(value):
    value &= WORD
    return value ^ value >> 47


def hash_of_two(u, v):
    factor = 0x9DDFEA08EB382D69
    a = mixed((u ^ v) * factor)
    return mixed((v ^ a) * factor) * factor & WORD


def hash_of_few(data):
    """Of at most 16 bytes."""
    size = len(data)
    if size > 8:
        a, b = word(data, 0), word(data, size - 8)
        return hash_of_two(a, rotated(b + size, size)) ^ b
    if size >= 4:
        a, b = struct.unpack_from("<I", data)[0], struct.unpack_from("<I", data, size - 4)[0]
        return hash_of_two(size + (a << 3), b)
    if size > 0:
        y, z = data[0] + (data[size >> 1] << 8), size + (data[-1] << 2)
        return mixed(y * K2 ^ z * K3) * K2 & WORD
    return K2


def hash_of_less_than_128(data, a, b):
    size = len(data)
    if size <= 16:
        a = mixed(a * K1) * K1 & WORD
        c = b * K1 + hash_of_few(data) & WORD
        d = mixed(a + (word(data, 0) if size >= 8 else c))
    else:
        c = hash_of_two(word(data, size - 8) + K1 & WORD, a)
        d = hash_of_two(b + size & WORD, c + word(data, size - 16) & WORD)
        a = a + d & WORD
        for at in range(0, size - 16, 16):
            a = (a ^ mixed(word(data, at) * K1) * K1) * K1 & WORD
            b ^= a
            c = (c ^ mixed(word(data, at + 8) * K1) * K1) * K1 & WORD
            d ^= c
    a, b = hash_of_two(a, c), hash_of_two(d, b)
    return a ^ b, hash_of_two(b, a)


def hash_of_32(data, at, a, b):
    w, x, y, z = struct.unpack_from("<4Q", data, at)
    a = a + w & WORD
    b = rotated(b + a + z, 21)
    c = a
    a = a + x + y & WORD
    return a + z & WORD, b + rotated(a, 44) + c & WORD


def city_hash(data):
    """The 16 bytes of CityHash128."""
    if len(data) >= 16:
        a, b, data = word(data, 0) ^ K3, word(data, 8), data[16:]
    elif len(data) >= 8:
        a, b, data = word(data, 0) ^ len(data) * K0 & WORD, word(data, len(data) - 8) ^ K1, b""
    else:
        a, b = K0, K1
    size = len(data)
    if size < 128:
        return struct.pack("<QQ", *hash_of_less_than_128(data, a, b))
    x, y, z = a, b, size * K1 & WORD
    v = rotated(y ^ K1, 49) * K1 + word(data, 0) & WORD
    v = v, rotated(v, 42) * K1 + word(data, 8) & WORD
    w = rotated(y + z, 35) * K1 + x & WORD, rotated(x + word(data, 88), 53) * K1 & WORD
    for at in range(0, size // 128 * 128, 64):
        x = rotated(x + y + v[0] + word(data, at + 16), 37) * K1 & WORD ^ w[1]
        y = rotated(y + v[1] + word(data, at + 48), 42) * K1 & WORD ^ v[0]
        z = rotated(z ^ w[0], 33)
        v = hash_of_32(data, at, v[1] * K1, x + w[0])
        w = hash_of_32(data, at + 32, z + w[1], y)
        z, x = x, z
    y = y + rotated(w[0], 37) * K0 + z & WORD
    x = x + rotated(v[0] + z, 49) * K0 & WORD
    # What is left, by 32 bytes from the end, the last of which may reach into what was hashed already.
    for before_end in range(32, size % 128 + 32, 32):
        y = rotated(y - x, 42) * K0 + v[1] & WORD
        w = w[0] + word(data, size - before_end + 16) & WORD, w[1]
        x = rotated(x, 49) * K0 + w[0] & WORD
        w = w[0] + v[0] & WORD, w[1]
        v = hash_of_32(data, size - before_end, *v)
    x, y = hash_of_two(x, v[0]), hash_of_two(y, w[0])
    return struct.pack("<QQ", hash_of_two(x + v[1] & WORD, w[1]) + y & WORD, hash_of_two(x + w[1] & WORD, y + v[1] & WORD))


# --- compressed blocks: checksum, method, size of what follows with this head of 9 bytes, size of the data ------------------


def lz4_length(data, at, length):
    """A length that has not room in its 4 bits goes on in bytes, and where it ends."""
    if length == 15:
        while True:
            length += data[at]
            at += 1
            if data[at - 1] != 255:
                break
    return length, at


def lz4_unpacked(data):
    unpacked, at = bytearray(), 0
    while at < len(data):
        token = data[at]
        length, at = lz4_length(data, at + 1, token >> 4)
        unpacked += data[at : at + length]
        at += length
        if at >= len(data):
            break
        offset = data[at] | data[at + 1] << 8
        length, at = lz4_length(data, at + 2, token & 15)
        length += 4
        if not 0 < offset <= len(unpacked):
            raise ValueError("a match begins before the data")
        found = bytes(unpacked[-offset:])
        unpacked += (found * (length // offset + 1))[:length]
    return bytes(unpacked)


def lz4_stored(data):
    """LZ4 that repeats nothing: one run of literals."""
    if len(data) < 15:
        return bytes([len(data) << 4]) + data
    more, last = divmod(len(data) - 15, 255)
    return b"\xf0" + b"\xff" * more + bytes([last]) + data


def decompressed(body):
    """The data of all blocks; a ValueError says what is wrong with one."""
    data, at = b"", 0
    while at < len(body):
        if len(body) - at < 25:
            raise ValueError("a block ends in its head")
        checksum, (method, packed, size) = body[at : at + 16], struct.unpack_from("<BII", body, at + 16)
        block = body[at + 16 : at + 16 + packed]
        if len(block) != packed or packed < 9:
            raise ValueError("a block of %d bytes where %d are left" % (packed, len(block)))
        if city_hash(block) != checksum:
            raise ValueError("the checksum does not match")
        if method not in (LZ4, STORED):
            raise ValueError("the method 0x%02x is not known here" % method)
        unpacked = lz4_unpacked(block[9:]) if method == LZ4 else block[9:]
        if len(unpacked) != size:
            raise ValueError("a block unpacks to %d bytes and not to %d" % (len(unpacked), size))
        data += unpacked
        at += 16 + packed
    return data


def compressed(data):
    packed = lz4_stored(data)
    block = struct.pack("<BII", LZ4, len(packed) + 9, len(data)) + packed
    return city_hash(block) + block


# --- the Native format ------------------------------------------------------------------------------------------------


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def end_of_text(data, at):
    size, at = varint(data, at)
    return at + size


def of_revision(data, revision):
    """Blocks as a file has them, which is revision 0, in the form that REVISION gives them. A ValueError names what of
    that is not known here: columns other than texts and numbers, and revisions that are newer."""
    if revision >= WITH_BUCKETS:
        raise ValueError("revision %d of the protocol" % revision)
    if not revision:
        return data
    said, at = b"", 0
    while at < len(data):
        columns, after = varint(data, at)
        rows, after = varint(data, after)
        # It holds no overflow (field 1) and is of no bucket (field 2).
        said += b"\x01\x00\x02" + struct.pack("<i", -1) + b"\x00" + data[at:after]
        at = after
        for _ in range(columns):
            after = end_of_text(data, at)
            size, after = varint(data, after)
            kind = data[after : after + size].decode()
            after += size
            said += data[at:after] + (b"\x00" if revision >= WITH_SERIALIZATION else b"")
            at = after
            if kind == "String":
                for _ in range(rows):
                    after = end_of_text(data, after)
            elif kind in SIZES:
                after += rows * SIZES[kind]
            else:
                raise ValueError("a column of type %s in a protocol's Native" % kind)
            said += data[at:after]
            at = after
    return said
