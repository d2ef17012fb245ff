package io.jetblob

/** Something in a step that is not as it should be. */
class Mismatch(message: String) : AssertionError(message)

/** What a step gives. Everything must be taken. */
class Arguments(given: Map<*, *>) {
    private val left = given.toMutableMap()

    operator fun contains(key: String): Boolean = key in left

    /** Takes what must be there. */
    inline fun <reified T> need(key: String): T {
        if (key !in this) throw Mismatch("$key is missing")
        return take(key) as? T ?: throw Mismatch("$key is no ${T::class.simpleName}")
    }

    /** Takes what may be there. */
    inline fun <reified T> maybe(key: String): T? = if (key in this) need<T>(key) else null

    fun flag(key: String): Boolean = maybe<Boolean>(key) ?: false

    fun take(key: String): Any? = left.remove(key)

    /** Takes an object, of which everything must be taken, too. */
    inline fun <T> within(key: String, taken: (Arguments) -> T): T {
        val within = Arguments(maybe<Map<*, *>>(key) ?: emptyMap<String, Any?>())
        return taken(within).also { within.end() }
    }

    fun end() {
        if (left.isNotEmpty()) throw Mismatch("nobody knows ${left.keys}")
    }
}
