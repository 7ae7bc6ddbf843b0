# Compiles the test files of a module a dozen at a time. What they include is most of what they cost, and is the same for
# nearly all of them. Each file has a namespace of its own, so that the names of one do not meet those of another. What that
# does not suit is compiled alone: files without a test case, those that reopen a namespace, define a macro, choose by #if, replace
# operator new or have a main, and those that say so: "// Compiled alone: why".

option(NANOTEL_JOIN_TESTS "Compile test files a dozen at a time: less in all, more after a change of one" OFF)

# nanotel_join_tests(LIST PROGRAM): replaces the files in LIST by the units that hold them.
function(nanotel_join_tests list program)
    set(alone_pattern "^(namespace (nanotel|std)|#define|#undef|#if|int main\\(|void\\*? operator (new|delete)|extern \"C\"|// Compiled alone)")
    set(a_dozen 12)
    set(alone)
    set(together)
    foreach(source IN LISTS ${list})
        file(STRINGS ${source} reasons REGEX "${alone_pattern}")
        file(STRINGS ${source} cases REGEX "^ *TEST_CASE")
        if(reasons OR NOT cases OR source MATCHES "_disabled\\.cpp$")
            list(APPEND alone ${source})
        else()
            list(APPEND together ${source})
        endif()
    endforeach()

    list(LENGTH together left)
    set(number 0)
    while(left GREATER 0)
        list(SUBLIST together 0 ${a_dozen} unit) # or what is left
        list(REMOVE_ITEM together ${unit})
        list(LENGTH together left)
        math(EXPR number "${number} + 1")
        set(includes)
        set(bodies)
        foreach(source IN LISTS unit)
            # Whatever a file includes has been included before its namespace opens, and does nothing within it. By a path
            # below the folder of the tests: those of this clone would be news to ccache in the next.
            file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR} ${source})
            get_filename_component(folder ${path} DIRECTORY)
            get_filename_component(name ${source} NAME_WE)
            file(STRINGS ${source} lines REGEX "^#include [<\"]")
            foreach(line IN LISTS lines)
                string(REGEX REPLACE "^#include \"([^\"]*)\".*" "\\1" header "${line}")
                if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${header})
                    set(line "#include \"${folder}/${header}\"")
                endif()
                list(APPEND includes "${line}")
            endforeach()
            string(APPEND bodies "namespace file_${name} {\n#include \"${path}\"\n}\n")
            set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
        endforeach()
        list(REMOVE_DUPLICATES includes)
        list(JOIN includes "\n" includes)
        set(file ${CMAKE_CURRENT_BINARY_DIR}/${program}_joined/${number}.cpp)
        file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "@includes@\n\n@bodies@")
        list(APPEND alone ${file})
    endwhile()
    set(${list} ${alone} PARENT_SCOPE)
endfunction()
