package io.jetblob

private val WHOLE = setOf("headers", "metadata", "link", "placement")

/** Checks that what was found is as expected. */
fun match(expect: Any?, found: Any?, where: String = "it") {
    fun agree(holds: Boolean) {
        if (!holds) throw Mismatch("$where: ${told(expect)} is expected, ${told(found)} was found")
    }
    val whole = where.substringAfterLast('.') in WHOLE
    when {
        expect is Map<*, *> && expect.keys == setOf("\$any_order") -> anyOrder(expect.values.single() as List<*>, found, where)
        expect is Map<*, *> && expect.keys == setOf("\$above") ->
            agree((found as Number).toDouble() > (expect.values.single() as Number).toDouble())
        expect is Map<*, *> && expect.keys == setOf("\$not") -> agree(!same(expect.values.single(), found))
        expect is Map<*, *> && !whole -> {
            agree(found is Map<*, *>)
            for ((key, value) in expect) {
                agree(key in (found as Map<*, *>))
                match(value, found[key], "$where.$key")
            }
        }
        expect is List<*> && !whole -> {
            agree(found is List<*> && found.size == expect.size)
            expect.zip(found as List<*>).forEachIndexed { at, (value, item) -> match(value, item, "$where.$at") }
        }
        else -> agree(same(expect, found))
    }
}

private fun anyOrder(items: List<*>, found: Any?, where: String) {
    val left = (found as? List<*> ?: throw Mismatch("$where: no list: $found")).toMutableList()
    if (left.size != items.size) throw Mismatch("$where: ${items.size} are expected, ${left.size} were found")
    for (item in items) {
        val one = left.firstOrNull { candidate ->
            try {
                match(item, candidate, where)
                true
            } catch (_: Mismatch) {
                false
            }
        } ?: throw Mismatch("$where: $item is not in $left")
        left.remove(one)
    }
}

private fun same(expect: Any?, found: Any?): Boolean = when {
    expect is ByteArray -> found is ByteArray && expect.contentEquals(found)
    expect is Number && found is Number -> expect.toDouble() == found.toDouble()
    expect is List<*> && found is List<*> -> expect.size == found.size && expect.zip(found).all { (a, b) -> same(a, b) }
    expect is Map<*, *> && found is Map<*, *> ->
        expect.keys == found.keys && expect.all { (key, value) -> same(value, found[key]) }
    else -> expect == found
}

private fun told(value: Any?): String = if (value is ByteArray) "${value.size} bytes" else "$value"
