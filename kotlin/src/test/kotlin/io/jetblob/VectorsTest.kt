package io.jetblob

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The tables that every language reads, as far as they can be seen through the interface. */
class VectorsTest {
    private fun vectors(name: String) = json(TOP.resolve("tests/vectors/$name.json"))

    private fun list(of: Any?): List<*> = (of as List<*>).also { assertTrue(it.isNotEmpty()) }

    @Test
    fun `names are taken as they are, or refused`() = onBoth { store, _ ->
        val names = vectors("names")
        val bucket = store.createBucket("b")
        val valid = list(names["valid"]).map { (it as Map<*, *>)["name"] as String }
        for (name in valid) bucket.putString(name, name)
        for (name in valid) assertEquals(name, bucket.getString(name))
        for (name in list(names["invalid"])) {
            assertEquals("invalid_name", failure { bucket.putString(name as String, "") }.code, "$name")
        }
        for (name in list((names["buckets"] as Map<*, *>)["invalid"])) {
            assertEquals("invalid_name", failure { store.bucket(name as String) }.code, "$name")
        }
    }

    @Test
    fun `digests are written as they must be`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        for (vector in list(vectors("digests")["bodies"])) {
            val (body, digest) = (vector as Map<*, *>).let { it["utf8"] as String to it["digest"] as String }
            assertEquals(digest, bucket.putString("a", body).digest)
        }
    }

    @Test
    fun `a body is cut into full chunks`() = onBoth { store, _ ->
        val bucket = store.createBucket("b")
        for (vector in list(vectors("chunks")["cut"])) {
            val cut = vector as Map<*, *>
            val size = cut["size"] as Long
            if (size > 1 shl 20) continue
            val info = bucket.putBytes(ObjectMeta("a", chunkSize = cut["chunk_size"] as Long), pattern(size))
            assertEquals((cut["chunks"] as List<*>).size.toLong(), info.chunks, "$cut")
            assertArrayEquals(pattern(size), bucket.getBytes("a"))
        }
    }

    @Test
    fun `each code of an error has a class of its own`() {
        val codes = RETRYABLE.keys.map { code -> code.split("_").joinToString("") { it.replaceFirstChar(Char::uppercase) } }
        val classes = JetblobException::class.java.declaredClasses
            .filter { JetblobException::class.java.isAssignableFrom(it) }
            .map { it.simpleName.replace("JetStream", "Jetstream") }
        assertEquals(codes.toSet() + "Other", classes.toSet())
    }

    @Test
    fun `every method and option of the interface is here`() {
        val surface = vectors("surface")
        val handles = listOf(Bucket::class, Object::class, Upload::class, Watch::class, Check::class)
        val classes = listOf(Store::class, Store.Companion::class) + handles
        val there = classes.associate { kind -> kind.simpleName to kind.java.methods.map { it.name.substringBefore('-') } }
        val properties = listOf("name", "range", "code", "bucket", "report")
            .associateWith { "get" + it.replaceFirstChar(Char::uppercase) }
        for (row in list(surface["methods"])) {
            val method = row as Map<*, *>
            val (on, snake) = method["on"] as String to method["method"] as String
            val camel = camelCase(snake)
            val names = if (on == "Error") {
                JetblobException::class.java.methods.map { it.name }
            } else {
                there.getValue(on) + if (on == "Store") there.getValue("Companion") else emptyList()
            }
            assertTrue(camel in names || properties[snake] in names, "$on.$camel")
        }
        for ((type, fields) in surface["types"] as Map<*, *>) {
            val record = RECORDS[type] ?: continue
            assertEquals((fields as List<*>).toSet(), record.declaredFields.map { snakeCase(it.name) }.toSet() - "_companion", "$type")
        }
        assertEquals((surface["types"] as Map<*, *>)["FindingKind"], FindingKind.entries.map(::shown))
    }

    private fun camelCase(name: String) = name.replace(Regex("_([a-z])")) { it.groupValues[1].uppercase() }

    private companion object {
        val RECORDS: Map<Any?, Class<*>> = mapOf(
            "StoreOptions" to StoreOptions::class.java,
            "BucketConfig" to BucketConfig::class.java,
            "BucketStatus" to BucketStatus::class.java,
            "Placement" to Placement::class.java,
            "ObjectMeta" to ObjectMeta::class.java,
            "ObjectInfo" to ObjectInfo::class.java,
            "Link" to Link::class.java,
            "CheckReport" to CheckReport::class.java,
            "Finding" to Finding::class.java,
            "GcReport" to GcReport::class.java,
            "Orphan" to Orphan::class.java,
        )
    }
}
